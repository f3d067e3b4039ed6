// The official MCP SDK, both sides: tools stdio serves on standard input and output, tools serve FOLDER over HTTPS with FOLDER's
// key.pem and certificate.pem, printing its port; tools ask TOOLS FILE calls a server, where TOOLS is stdio or an address, and
// prints what it was told, JSON Lines: the definition of each tool, then each call with the text that came back. Without arguments
// it waits for the end of its standard input.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type where struct {
	Path string `json:"path" jsonschema:"where it is"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func text(text string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}
}

func newServer() *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "files", Version: "1.4.2"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "read_file", Description: "Reads a file"}, func(_ context.Context, _ *mcp.CallToolRequest, in where) (*mcp.CallToolResult, any, error) {
		content, err := os.ReadFile(in.Path)
		return text(string(content)), nil, err
	})
	mcp.AddTool(server, &mcp.Tool{Name: "list_directory", Description: "Lists a directory"}, func(_ context.Context, _ *mcp.CallToolRequest, in where) (*mcp.CallToolResult, any, error) {
		entries, err := os.ReadDir(in.Path)
		names := []string{}
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		return text(strings.Join(names, "\n")), nil, err
	})
	return server
}

func serve(folder string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return newServer() }, nil)
	check(http.ServeTLS(listener, handler, filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")))
}

var printing sync.Mutex

func told(line map[string]any) {
	encoded, err := json.Marshal(line)
	check(err)
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(encoded))
}

func ask(server, file string) {
	var transport mcp.Transport
	if server == "stdio" {
		transport = &mcp.CommandTransport{Command: exec.Command(os.Args[0], "stdio")}
	} else {
		transport = &mcp.StreamableClientTransport{Endpoint: server}
	}
	ctx := context.Background()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "0.1.0"}, nil).Connect(ctx, transport, nil)
	check(err)
	listed, err := session.ListTools(ctx, nil)
	check(err)
	for _, tool := range listed.Tools {
		told(map[string]any{"defined": tool})
	}
	call := func(tool, path string) {
		arguments := map[string]any{"path": path}
		result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
		check(err)
		told(map[string]any{"called": tool, "arguments": arguments, "text": result.Content[0].(*mcp.TextContent).Text, "error": result.IsError})
	}
	call("read_file", file)
	call("read_file", file+".none")
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { call("list_directory", filepath.Dir(file)) })
	}
	all.Wait()
	check(session.Close())
}

func main() {
	if len(os.Args) == 1 {
		_, err := io.Copy(io.Discard, os.Stdin)
		check(err)
		return
	}
	switch os.Args[1] {
	case "stdio":
		check(newServer().Run(context.Background(), &mcp.StdioTransport{}))
	case "serve":
		serve(os.Args[2])
	case "ask":
		ask(os.Args[2], os.Args[3])
	}
}
