"""The official Python client of Gemini's Live API, through Vertex: gemini_live.py BASE."""
import asyncio
import sys

from google import genai
from google.genai import types
from google.oauth2 import credentials

QUESTION = "Who is our first customer? prompt.canary@example.com"
TOOLS = [{"function_declarations": [{"name": "read_file"}, {"name": "list_directory"}]}]


def user(scenario):
    return {"role": "user", "parts": [{"text": f"{QUESTION} scenario-{scenario}"}]}


async def main():
    client = genai.Client(
        vertexai=True,
        project="canary",
        location="us-central1",
        credentials=credentials.Credentials(token="ya29.canary"),
        http_options={"base_url": sys.argv[1]},
    )
    client._api_client._websocket_base_url = lambda *_: sys.argv[1].replace("http", "ws")  # it would insist on TLS
    client._api_client._websocket_ssl_ctx = {}
    config = {"response_modalities": ["TEXT"], "system_instruction": "You help.", "tools": TOOLS, "input_audio_transcription": {}, "output_audio_transcription": {}}
    async with client.aio.live.connect(model="gemini-live-2.5-flash", config=config) as session:

        async def turn():
            async for message in session.receive():
                if message.tool_call:
                    await session.send_tool_response(
                        function_responses=[
                            types.FunctionResponse(id=call.id, name=call.name, response={"output": "name,email"})
                            for call in message.tool_call.function_calls
                        ]
                    )

        await session.send_client_content(turns=user("plain"))
        await turn()
        await session.send_client_content(turns=user("tools"))
        await turn()
        await session.send_realtime_input(activity_start=types.ActivityStart())
        await session.send_realtime_input(audio=types.Blob(data=b"\3" * 300, mime_type="audio/pcm;rate=16000"))
        await session.send_realtime_input(activity_end=types.ActivityEnd())
        await turn()
        await session.send_realtime_input(text=f"{QUESTION} scenario-plain")
        await turn()


asyncio.run(main())
