package storagetest

import (
	"bufio"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Postgres returns the address of an empty schema of PostgreSQL, which is deleted when the test ends. The server is the
// one of the variable ABTOOL_POSTGRES, or one that is started for the tests of a package. Without both the test is
// skipped.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := theServer()
	if errors.Is(err, errNoPostgres) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var name [6]byte
	rand.Read(name[:])
	schema := "test_" + hex.EncodeToString(name[:])
	t.Cleanup(func() {
		Exec(t, server, "DROP SCHEMA IF EXISTS "+schema+", "+schema+"_identity CASCADE")
	})
	return withParameter(t, server, "search_path", schema)
}

// withParameter returns an address with one more parameter.
func withParameter(t testing.TB, address, key, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// Exec executes a statement at an address.
func Exec(t testing.TB, address, text string) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

var errNoPostgres = errors.New("PostgreSQL is missing: install Debian's package postgresql, or set ABTOOL_POSTGRES to the address of a server")

// PostgresFolder returns the folder in which the server that was started for tests keeps its files, or "".
func PostgresFolder() string { return started.folder }

// started is the server that was started for tests. It ends with its input, which ends with this process.
var started struct {
	folder string
	input  io.Closer
}

// theServer returns the address of a server.
var theServer = sync.OnceValues(func() (string, error) {
	if address := os.Getenv("ABTOOL_POSTGRES"); address != "" {
		return address, nil
	}
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	command := []string{"sh", "-c", server, "sh", bin, memory()}
	if os.Geteuid() == 0 { // which PostgreSQL refuses
		command = slices.Concat([]string{"runuser", "-u", "postgres", "--"}, command)
	}
	c := exec.Command(command[0], command[1:]...)
	c.Dir = "/"
	if started.input, err = c.StdinPipe(); err != nil {
		return "", err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := c.Start(); err != nil {
		return "", fmt.Errorf("%w (%v)", errNoPostgres, err)
	}
	text, err := bufio.NewReader(out).ReadString('\n')
	folder, ok := strings.CutPrefix(strings.TrimSpace(text), "ready ")
	if err != nil || !ok {
		rest, _ := io.ReadAll(out)
		return "", fmt.Errorf("starting PostgreSQL: %s%s", text, rest)
	}
	started.folder = folder
	return "postgres:///postgres?user=abtool&host=" + url.QueryEscape(folder), nil
})

// server starts a server in a new folder, and ends it when the input ends.
const server = `set -eu
folder=$(mktemp -d "$2/abtool-postgres-XXXXXX")
trap 'rm -rf "$folder"' EXIT
if ! "$1/initdb" --no-sync -U abtool --auth trust -E UTF8 --no-locale -D "$folder/data" >"$folder/log" 2>&1; then cat "$folder/log"; exit 1; fi
"$1/postgres" -D "$folder/data" -c listen_addresses= -c unix_socket_directories="$folder" >"$folder/log" 2>&1 &
server=$!
for i in $(seq 200); do
	if "$1/pg_isready" -q -h "$folder" -U abtool; then break; fi
	if ! kill -0 $server; then cat "$folder/log"; exit 1; fi
	sleep 0.05
done
echo "ready $folder"
cat >/dev/null
kill -INT $server
wait $server || true
`

// binaries returns the folder of the programs of PostgreSQL.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // as Debian has them
	if err == nil && len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errNoPostgres
}

// memory returns a folder in memory if there is one, where syncs take no time.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}
