# What `just` lists: the recipes of daily work. The README's commands need only Go.

# the program, as ./abtool
build:
    go build -o abtool ./cmd/abtool

# the program with the GPU engine, and the one that scripts/gpu-check takes along
build-gpu:
    go build -tags xla -o abtool ./cmd/abtool
    go build -tags xla -ldflags "-s -w" -o gpucheck ./internal/gpucheck

# every test, as the README gives it
test:
    go test ./...

# formatting, vet and staticcheck
lint:
    test -z "$(gofmt -l .)"
    go vet ./...
    go tool staticcheck ./...

# ingest, statistics and targets against their peers on generated data, and the packages' own benchmarks
bench:
    go test -run "^\$" -bench . ./ingest ./internal/synth ./query ./features
    go test -run "^\$" -bench . -v ./train/engine/gorgonia ./train/data ./train/internal/kernel
    go test -run "^\$" -bench . -v -tags openblas,turbojpeg ./train/engine/gorgonia ./train/data
    go run ./internal/bench

# garments on textures: does it help to learn where people clicked? (docs/guide/experiments.md)
experiment out="garments":
    go run ./cmd/abtool experiment garments --out {{out}}

# everything on a small simulated data set
demo:
    go run ./cmd/abtool demo --force

# the notebooks, executed, and as pages in notebooks/html (needs jupyter-nbconvert)
notebooks:
    go run ./notebooks/run

# statements that the tests reach
cover:
    go test -coverprofile cover.out ./...
    go tool cover -func cover.out | tail -1

# each fuzz target for a while
fuzz time="30s":
    scripts/fuzz {{time}}
