package front

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"abtool/internal/front/testcert"
)

// A certificate is read again when its files change. One that cannot be used is not taken.
func TestCertificateChanges(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	c := &certificate{log: slog.New(slog.NewTextHandler(&log, nil))}
	c.cert, c.key = testcert.Write(t, dir, 1, time.Now().Add(time.Hour))
	if err := c.load(); err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		c.looked = time.Time{} // ten seconds are over
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.Int64()
	}
	later := func(d time.Duration) {
		for _, path := range []string{c.cert, c.key} {
			if err := os.Chtimes(path, time.Time{}, time.Now().Add(d)); err != nil {
				t.Fatal(err)
			}
		}
	}
	testcert.Write(t, dir, 2, time.Now().Add(time.Hour))
	later(time.Second)
	if n := serial(); n != 2 || log.Len() > 0 {
		t.Errorf("the new certificate: %d, %s", n, &log)
	}
	if err := os.WriteFile(c.cert, []byte("half of a cert"), 0o600); err != nil {
		t.Fatal(err)
	}
	later(2 * time.Second)
	if n := serial(); n != 2 || !strings.Contains(log.String(), "the one of before is used") {
		t.Errorf("a certificate by half: %d, %s", n, &log)
	}
	testcert.Write(t, dir, 3, time.Now().Add(-time.Hour))
	later(3 * time.Second)
	if n := serial(); n != 2 || !strings.Contains(log.String(), "has expired") {
		t.Errorf("a certificate that has expired: %d, %s", n, &log)
	}
	testcert.Write(t, dir, 4, time.Now().Add(time.Hour))
	later(4 * time.Second)
	if n := serial(); n != 4 {
		t.Errorf("after mistakes: %d", n)
	}
}
