// The official OpenAI client with two tools: chat BASE API MODE FILE asks, and answers the calls, until there is a text; without
// arguments it waits for the end of its standard input. What its tools were called with and returned is on standard output, JSON Lines.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

const question = "Who is our first customer? prompt.canary@example.com scenario-loop reading "

var path = map[string]any{"type": "object", "properties": map[string]any{"path": map[string]any{"type": "string"}}, "required": []string{"path"}}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run is what a tool of the agent's own does.
func run(name, arguments string) string {
	var given struct{ Path string }
	check(json.Unmarshal([]byte(arguments), &given))
	var result string
	if name == "read_file" {
		content, err := os.ReadFile(given.Path)
		check(err)
		result = string(content)
	} else {
		entries, err := os.ReadDir(given.Path)
		check(err)
		names := []string{}
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		result = strings.Join(names, "\n")
	}
	line, err := json.Marshal(map[string]any{"tool": name, "arguments": json.RawMessage(arguments), "result": result, "error": false})
	check(err)
	fmt.Println(string(line))
	return result
}

func completions(client openai.Client, streamed bool, file string) {
	tools := []openai.ChatCompletionToolUnionParam{}
	for _, name := range []string{"read_file", "list_directory"} {
		tools = append(tools, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: name, Parameters: path}))
	}
	params := openai.ChatCompletionNewParams{
		Model:    "gpt-4o-mini",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage("You help."), openai.UserMessage(question + file)},
		Tools:    tools,
	}
	for {
		var message openai.ChatCompletionMessage
		if streamed {
			params.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
			stream := client.Chat.Completions.NewStreaming(context.Background(), params)
			whole := openai.ChatCompletionAccumulator{}
			for stream.Next() {
				whole.AddChunk(stream.Current())
			}
			check(stream.Err())
			message = whole.Choices[0].Message
		} else {
			answer, err := client.Chat.Completions.New(context.Background(), params)
			check(err)
			message = answer.Choices[0].Message
		}
		if len(message.ToolCalls) == 0 {
			return
		}
		params.Messages = append(params.Messages, message.ToParam())
		for _, call := range message.ToolCalls {
			params.Messages = append(params.Messages, openai.ToolMessage(run(call.Function.Name, call.Function.Arguments), call.ID))
		}
	}
}

func items(client openai.Client, streamed bool, file string) {
	tools := []responses.ToolUnionParam{}
	for _, name := range []string{"read_file", "list_directory"} {
		tools = append(tools, responses.ToolParamOfFunction(name, path, false))
	}
	input := responses.ResponseInputParam{responses.ResponseInputItemParamOfMessage(question+file, responses.EasyInputMessageRoleUser)}
	for {
		params := responses.ResponseNewParams{
			Model:        "gpt-5-mini",
			Instructions: openai.String("You help."),
			Input:        responses.ResponseNewParamsInputUnion{OfInputItemList: input},
			Tools:        tools,
		}
		var output []responses.ResponseOutputItemUnion
		if streamed {
			stream := client.Responses.NewStreaming(context.Background(), params)
			for stream.Next() {
				if event := stream.Current(); event.Type == "response.completed" {
					output = event.Response.Output
				}
			}
			check(stream.Err())
		} else {
			answer, err := client.Responses.New(context.Background(), params)
			check(err)
			output = answer.Output
		}
		called := false
		for _, item := range output {
			if item.Type == "function_call" {
				called = true
				call := item.AsFunctionCall()
				input = append(input, responses.ResponseInputItemParamOfFunctionCall(call.Arguments, call.CallID, call.Name))
				output := responses.ResponseInputItemParamOfFunctionCallOutput(run(call.Name, call.Arguments))
				output.OfFunctionCallOutput.CallID = openai.String(call.CallID)
				input = append(input, output)
			}
		}
		if !called {
			return
		}
	}
}

func main() {
	if len(os.Args) == 1 {
		_, err := io.Copy(io.Discard, os.Stdin)
		check(err)
		return
	}
	base, api, mode, file := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	client := openai.NewClient(option.WithBaseURL(base+"/v1"), option.WithAPIKey("sk-canary"), option.WithMaxRetries(0))
	if api == "chat" {
		completions(client, mode == "stream", file)
	} else {
		items(client, mode == "stream", file)
	}
}
