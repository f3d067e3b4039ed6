//go:build tools

// Package flux pins the controller that applies policies from a repository in the tests.
package flux

import _ "github.com/fluxcd/kustomize-controller"
