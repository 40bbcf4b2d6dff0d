# The recipes of daily work, which `just` lists. The commands of the README need only Go.

# the program, as ./abtool
build:
    go build -o abtool ./cmd/abtool

# the program with the GPU engine, and gpucheck, which scripts/gpu-check copies to a machine with a GPU
build-gpu:
    go build -tags xla -o abtool ./cmd/abtool
    go build -tags xla -ldflags "-s -w" -o gpucheck ./internal/gpucheck

# every test
test:
    go test ./...

# formatting, vet and staticcheck
lint:
    test -z "$(gofmt -l .)"
    go vet ./...
    go tool staticcheck ./...

# ingest, statistics and targets against comparable programs on generated data, and the benchmarks of packages
bench:
    go test -run "^\$" -bench . ./ingest ./internal/synth ./query ./features
    go test -run "^\$" -bench . -v ./train/engine/gorgonia ./train/data ./train/internal/kernel
    go test -run "^\$" -bench . -v -tags openblas,turbojpeg ./train/engine/gorgonia ./train/data
    go run ./internal/bench

# the experiment with garments on textures: does learning where people clicked help? (docs/guide/experiments.md)
experiment out="garments":
    go run ./cmd/abtool experiment garments --out {{out}}

# all steps on a small simulated data set
demo:
    go run ./cmd/abtool demo --force

# execute the notebooks and write them as pages to notebooks/html (needs jupyter-nbconvert)
notebooks:
    go run ./notebooks/run

# the share of statements that the tests execute
cover:
    go test -coverprofile cover.out ./...
    go tool cover -func cover.out | tail -1

# each fuzz target for a time
fuzz time="30s":
    scripts/fuzz {{time}}
