//go:build tools

// Package flux pins the controller that applies policies from a repository in the tests, and Helm, which shares most of its libraries.
package flux

import (
	_ "github.com/fluxcd/kustomize-controller"
	_ "helm.sh/helm/v3/cmd/helm"
)
