//go:build flink

package flink

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/ingest"
	"abtool/internal/synth"
	"abtool/internal/ui"
)

const shards = 48

// opens lets Flink's serializers look into the library of Java 17.
var opens = []string{
	"--add-exports=java.base/sun.net.util=ALL-UNNAMED", "--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED",
	"--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.net=ALL-UNNAMED",
	"--add-opens=java.base/java.io=ALL-UNNAMED", "--add-opens=java.base/java.nio=ALL-UNNAMED",
	"--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
	"--add-opens=java.base/java.text=ALL-UNNAMED", "--add-opens=java.base/java.time=ALL-UNNAMED",
	"--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
	"--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED", "--add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED",
}

// A cluster has the processes of Flink and of Beam's job server.
type cluster struct {
	t       *testing.T
	dir     string
	lib     string
	web     string // address of the job manager's REST API
	jobs    string // address of the job server
	workers []*exec.Cmd
}

// TestTaskManagerKilled makes stores and statistics while a task manager is killed, and compares them with those of
// the library on one machine.
func TestTaskManagerKilled(t *testing.T) {
	dir := t.TempDir()
	program, boot := filepath.Join(dir, "abtool-beam"), filepath.Join(dir, "boot")
	build(t, program, "abtool/beam/cmd/abtool-beam")
	build(t, boot, "github.com/apache/beam/sdks/v2/go/container")
	// Each worker needs a folder of its own to which the program is staged.
	worker := filepath.Join(dir, "worker")
	script := fmt.Sprintf("#!/bin/sh\nexec %s --semi_persist_dir $(mktemp -d %s/staged-XXXXXX) \"$@\"\n", boot, dir)
	if err := os.WriteFile(worker, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	parts := deal(t, filepath.Join(dir, "parts"))
	c := start(t, dir)
	on := []string{"--runner=flink", "--endpoint=" + c.jobs, "--parallelism=4", "--jobs=1", "--environment_type=process",
		fmt.Sprintf(`--environment_config={"command": %q}`, worker)}
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command(program, append(args, on...)...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return cmd
	}

	stores := filepath.Join(dir, "stores")
	ingesting := run("ingest", filepath.Join(dir, "parts", "*.jsonl"), "--out", stores)
	if err := ingesting.Start(); err != nil {
		t.Fatal(err)
	}
	killed, ended := false, make(chan error, 1)
	go func() { ended <- ingesting.Wait() }()
	for until := time.Now().Add(time.Minute); time.Now().Before(until) && len(ended) == 0; time.Sleep(5 * time.Millisecond) {
		made, _ := filepath.Glob(filepath.Join(stores, "*", "store.json"))
		if len(made) > 0 {
			if len(made) < shards-5 {
				c.workers[0].Process.Kill()
				killed = true
				t.Logf("killed a task manager when %d stores of %d were complete", len(made), shards)
			}
			break
		}
	}
	if !killed {
		ingesting.Process.Kill()
		t.Fatalf("no task manager was killed: %v", <-ended)
	}
	began := time.Now()
	err := <-ended
	t.Logf("the run ended %.1f s later: %v", time.Since(began).Seconds(), err)
	if code := ingesting.ProcessState.ExitCode(); code != 3 { // some records have defects
		t.Fatalf("exit code %d", code)
	}

	// The same bytes as on one machine, and an account in which nothing counts twice.
	single := filepath.Join(dir, "single")
	var records int64
	for _, p := range parts {
		a, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{p}, Version: "devel",
			Out: filepath.Join(single, strings.TrimSuffix(filepath.Base(p), ".jsonl"))})
		if err != nil {
			t.Fatal(err)
		}
		records += a.Records()
	}
	same(t, stores, single)
	var account struct{ Inputs, Done, Failed, Records int64 }
	text, err := os.ReadFile(filepath.Join(stores, "ingest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &account); err != nil {
		t.Fatal(err)
	}
	if account.Done != shards || account.Failed != 0 || account.Records != records {
		t.Errorf("account %+v, want %d stores and %d records", account, shards, records)
	}

	c.taskManager()
	c.waitFor(2)
	out := filepath.Join(dir, "stats.json")
	if err := run("stats", stores, "--out", out).Run(); err != nil {
		t.Fatal(err)
	}
	d, err := analysis.Run(t.Context(), stores, result.Options{Tool: "devel", Seed: result.DefaultSeed, Rules: result.DefaultRules})
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := ui.PrintJSON(&want, d); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("the statistics have %d bytes, want %d of one machine: %v", len(got), want.Len(), err)
	}
}

// build builds a program that needs no C library.
func build(t *testing.T, to, pkg string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", to, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", pkg, err, out)
	}
}

// deal writes simulated records, dealt by image to files, and returns the paths.
func deal(t *testing.T, to string) (paths []string) {
	t.Helper()
	from := filepath.Join(t.TempDir(), "synth")
	if _, err := synth.ImageNet(t.Context(), synth.Options{Images: 40_000, Seed: 3, Dirty: 0.01, Format: "jsonl", Out: from}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(from, "imagenet_ab.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	files := make([]bytes.Buffer, shards)
	for line := range bytes.Lines(data) {
		var r struct {
			ID string `json:"imageID"`
		}
		json.Unmarshal(line, &r)
		h := fnv.New32a()
		h.Write([]byte(r.ID))
		files[h.Sum32()%shards].Write(line)
	}
	for i := range files {
		paths = append(paths, filepath.Join(to, fmt.Sprintf("part-%02d.jsonl", i)))
		if err := os.WriteFile(paths[i], files[i].Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// start starts a cluster with two task managers, and the job server.
func start(t *testing.T, dir string) *cluster {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, dir: dir, lib: filepath.Join(cache, "abtool-flink")}
	if found, _ := filepath.Glob(filepath.Join(c.lib, "flink-runtime-*.jar")); len(found) == 0 {
		get := exec.Command("mvn", "-B", "-q", "-f", "pom.xml", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+c.lib)
		if out, err := get.CombinedOutput(); err != nil {
			t.Fatalf("Maven: %v\n%s", err, out)
		}
	}
	rest, rpc, blob, jobs, artifacts := port(t), port(t), port(t), port(t), port(t)
	c.web, c.jobs = fmt.Sprintf("http://localhost:%d", rest), fmt.Sprintf("localhost:%d", jobs)
	conf := fmt.Sprintf(`jobmanager.rpc.address: localhost
jobmanager.rpc.port: %d
jobmanager.memory.process.size: 1g
rest.address: localhost
rest.port: %d
blob.server.port: %d
io.tmp.dirs: %s
taskmanager.host: localhost
taskmanager.numberOfTaskSlots: 4
taskmanager.cpu.cores: 2
taskmanager.memory.task.heap.size: 384m
taskmanager.memory.task.off-heap.size: 64m
taskmanager.memory.network.min: 64m
taskmanager.memory.network.max: 64m
taskmanager.memory.managed.size: 128m
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.framework.off-heap.size: 128m
taskmanager.memory.jvm-metaspace.size: 256m
taskmanager.memory.jvm-overhead.min: 192m
taskmanager.memory.jvm-overhead.max: 192m
cluster.evenly-spread-out-slots: true
classloader.resolve-order: parent-first
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 5
restart-strategy.fixed-delay.delay: 1 s
heartbeat.interval: 1000
heartbeat.timeout: 5000
`, rpc, rest, blob, dir)
	if err := os.MkdirAll(filepath.Join(dir, "conf"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "conf", "flink-conf.yaml"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	c.java("jobmanager", "512m", "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint", "--configDir", filepath.Join(dir, "conf"))
	c.taskManager()
	c.taskManager()
	c.waitFor(2)
	c.java("jobserver", "512m", "org.apache.beam.runners.flink.FlinkJobServerDriver", "--flink-master=localhost:"+fmt.Sprint(rest),
		"--job-host=localhost", "--job-port="+fmt.Sprint(jobs), "--artifact-port="+fmt.Sprint(artifacts), "--expansion-port=-1",
		"--artifacts-dir="+filepath.Join(dir, "artifacts"), "--flink-conf-dir="+filepath.Join(dir, "conf"))
	return c
}

// port returns a port that is free.
func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// java starts a class of the cluster in a group of processes, which ends with the test.
func (c *cluster) java(name, heap, class string, args ...string) *exec.Cmd {
	cmd := exec.Command("java", slices.Concat(opens, []string{"-Xmx" + heap, "-cp", filepath.Join(c.lib, "*"), class}, args)...)
	log, err := os.Create(filepath.Join(c.dir, fmt.Sprintf("%s-%d.log", name, len(c.workers))))
	if err != nil {
		c.t.Fatal(err)
	}
	cmd.Dir = c.dir // where Beam's boot program writes the options
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		log.Close()
		if text, err := os.ReadFile(log.Name()); c.t.Failed() && err == nil {
			c.t.Logf("the end of %s:\n%s", log.Name(), text[max(len(text)-40000, 0):])
		}
	})
	return cmd
}

func (c *cluster) taskManager() {
	c.workers = append(c.workers, c.java("taskmanager", "512m", "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
		"--configDir", filepath.Join(c.dir, "conf")))
}

// waitFor waits until so many task managers are at the job manager.
func (c *cluster) waitFor(n int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 90*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if r, err := http.Get(c.web + "/overview"); err == nil {
			var now struct {
				TaskManagers int `json:"taskmanagers"`
			}
			err = json.NewDecoder(r.Body).Decode(&now)
			r.Body.Close()
			if err == nil && now.TaskManagers == n {
				return
			}
		}
		time.Sleep(200 * time.Millisecond)
	}
	c.t.Fatalf("there are not %d task managers after 90 seconds", n)
}

// same compares the stores of the cluster with others.
func same(t *testing.T, stores, single string) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(single, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		name, _ := filepath.Rel(single, at)
		want, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		if got, err := os.ReadFile(filepath.Join(stores, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s has %d bytes, want other %d: %v", name, len(got), len(want), err)
		}
		return nil
	})
	if err != nil || n < 4*shards {
		t.Errorf("%d files were compared: %v", n, err)
	}
}
