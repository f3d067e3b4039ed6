import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.SystemMessage;
import dev.langchain4j.service.TokenStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** An agent of langchain4j with two tools of its own: {@code Agent BASE PROVIDER MODE FILE}. */
public final class Agent {
    private static final String QUESTION = "Who is our first customer? prompt.canary@example.com scenario-loop reading ";

    interface Assistant {
        @SystemMessage("You help.")
        String ask(String question);
    }

    interface StreamingAssistant {
        @SystemMessage("You help.")
        TokenStream ask(String question);
    }

    static final class Tools {
        @Tool(name = "read_file", value = "Reads a file")
        String readFile(@P(name = "path", value = "where it is") final String path) throws IOException {
            return Files.readString(Path.of(path));
        }

        @Tool(name = "list_directory", value = "Lists a directory")
        String listDirectory(@P(name = "path", value = "where it is") final String path) throws IOException {
            try (var entries = Files.list(Path.of(path))) {
                return entries.map(entry -> entry.getFileName().toString()).sorted().collect(Collectors.joining("\n"));
            }
        }
    }

    public static void main(final String[] args) {
        final boolean anthropic = args[1].equals("anthropic");
        final String question = QUESTION + args[3];
        if (args[2].equals("plain")) {
            final var model = anthropic
                    ? AnthropicChatModel.builder().baseUrl(args[0] + "/v1").apiKey("sk-ant-canary").modelName("claude-sonnet-4-5").maxRetries(0).build()
                    : OpenAiChatModel.builder().baseUrl(args[0] + "/v1").apiKey("sk-canary").modelName("gpt-4o-mini").maxRetries(0).build();
            AiServices.builder(Assistant.class).chatModel(model).tools(new Tools()).build().ask(question);
        } else {
            final var model = anthropic
                    ? AnthropicStreamingChatModel.builder().baseUrl(args[0] + "/v1").apiKey("sk-ant-canary").modelName("claude-sonnet-4-5").build()
                    : OpenAiStreamingChatModel.builder().baseUrl(args[0] + "/v1").apiKey("sk-canary").modelName("gpt-4o-mini").build();
            final var done = new CompletableFuture<Void>();
            AiServices.builder(StreamingAssistant.class).streamingChatModel(model).tools(new Tools()).build().ask(question)
                    .onPartialResponse(piece -> {})
                    .onCompleteResponse(answer -> done.complete(null))
                    .onError(done::completeExceptionally)
                    .start();
            done.join();
        }
    }
}
