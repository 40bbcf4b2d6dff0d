package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// Firefox starts a headless Firefox, for as long as the test runs, or skips the test if none is installed. It is
// driven by WebDriver BiDi, which Firefox speaks itself.
func Firefox(t *testing.T, o Options) *Tab {
	t.Helper()
	path, err := exec.LookPath("firefox-esr")
	if err != nil {
		if path, err = exec.LookPath("firefox"); err != nil {
			t.Skip("Firefox is not installed, so that the page is not tested in it: apt-get install firefox-esr")
		}
	}
	dir := folder(t)
	// A headless Firefox has no mouse.
	prefs := fmt.Sprintf(`user_pref("ui.primaryPointerCapabilities", 6);
user_pref("ui.allPointerCapabilities", 6);
user_pref("layout.css.prefers-color-scheme.content-override", %d);
`, map[bool]int{true: 0, false: 1}[o.Dark])
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(prefs), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-remote", "--profile", dir, "--remote-debugging-port", "0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := &firefox{answers: map[int]chan answer{}}
	t.Cleanup(func() {
		if f.conn != nil {
			f.call("browser.close", object{}, nil)
		}
		time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
	})
	address := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if _, at, ok := strings.Cut(lines.Text(), "listening on "); ok {
				address <- at
			}
		}
	}()
	select {
	case at := <-address:
		if f.conn, _, _, err = ws.Dial(context.Background(), at+"/session"); err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Firefox does not listen after a minute")
	}
	go f.read()
	var made struct{ Context string }
	for _, c := range []struct {
		method string
		params object
		to     any
	}{
		{"session.new", object{"capabilities": object{"alwaysMatch": object{"unhandledPromptBehavior": object{"default": "accept"}}}}, nil},
		{"session.subscribe", object{"events": []string{"log.entryAdded"}}, nil},
		{"browsingContext.create", object{"type": "window"}, &made}, // a first window does not get the focus
	} {
		if err := f.call(c.method, c.params, c.to); err != nil {
			t.Fatal(err)
		}
	}
	f.tab = made.Context
	f.ratio = max(o.Ratio, 1)
	return newTab(t, "firefox", f, o)
}

type firefox struct {
	conn  net.Conn
	tab   string
	other string // the tab before it
	ratio float64

	mu      sync.Mutex
	id      int
	answers map[int]chan answer
	logs    []string
}

type answer struct {
	ID             int
	Type           string
	Method         string
	Params, Result json.RawMessage
	Error, Message string
}

// read takes answers and events, until the browser ends.
func (f *firefox) read() {
	for {
		b, err := wsutil.ReadServerText(f.conn)
		var a answer
		if err == nil {
			err = json.Unmarshal(b, &a)
		}
		f.mu.Lock()
		if err != nil {
			for _, c := range f.answers {
				close(c)
			}
			f.answers = nil
			f.mu.Unlock()
			return
		}
		if c := f.answers[a.ID]; a.ID > 0 && c != nil {
			c <- a
			delete(f.answers, a.ID)
		} else if a.Method == "log.entryAdded" {
			var e struct{ Level, Text string }
			json.Unmarshal(a.Params, &e)
			f.logs = append(f.logs, e.Level+": "+e.Text)
		}
		f.mu.Unlock()
	}
}

func (f *firefox) call(method string, params object, to any) error {
	c := make(chan answer, 1)
	f.mu.Lock()
	if f.answers == nil {
		f.mu.Unlock()
		return fmt.Errorf("%s: the browser has ended", method)
	}
	f.id++
	f.answers[f.id] = c
	b, err := json.Marshal(object{"id": f.id, "method": method, "params": params})
	if err == nil {
		err = wsutil.WriteClientText(f.conn, b)
	}
	f.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case a, ok := <-c:
		if !ok {
			return fmt.Errorf("%s: the browser has ended", method)
		}
		if a.Type == "error" {
			return fmt.Errorf("%s: %s: %s", method, a.Error, a.Message)
		}
		if to != nil {
			return json.Unmarshal(a.Result, to)
		}
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("%s: no answer after a minute", method)
	}
}

func (f *firefox) open(url string) error {
	return f.call("browsingContext.navigate", object{"context": f.tab, "url": url, "wait": "complete"}, nil)
}

func (f *firefox) reload() error {
	return f.call("browsingContext.reload", object{"context": f.tab, "wait": "complete"}, nil)
}

func (f *firefox) back() error {
	return f.call("browsingContext.traverseHistory", object{"context": f.tab, "delta": -1}, nil)
}

func (f *firefox) eval(expression string) (string, error) {
	var r struct {
		Type   string
		Result struct{ Value string }
		E      struct{ Text string } `json:"exceptionDetails"`
	}
	if err := f.call("script.evaluate", object{"expression": expression, "target": object{"context": f.tab}, "awaitPromise": true}, &r); err != nil {
		return "", err
	}
	if r.Type == "exception" {
		return "", fmt.Errorf("%s", r.E.Text)
	}
	return r.Result.Value, nil
}

func (f *firefox) act(sources []any) error {
	return f.call("input.performActions", object{"context": f.tab, "actions": sources}, nil)
}

func (f *firefox) picture() (string, error) {
	var r struct{ Data string }
	err := f.call("browsingContext.captureScreenshot", object{"context": f.tab}, &r)
	return r.Data, err
}

func (f *firefox) resize(width, height int) error {
	return f.call("browsingContext.setViewport", object{"context": f.tab, "viewport": object{"width": width, "height": height}, "devicePixelRatio": f.ratio}, nil)
}

// hide opens a tab before this one, and show closes it.
func (f *firefox) hide() error {
	var r struct{ Context string }
	err := f.call("browsingContext.create", object{"type": "tab"}, &r)
	f.other = r.Context
	return err
}

func (f *firefox) show() error {
	if err := f.call("browsingContext.close", object{"context": f.other}, nil); err != nil {
		return err
	}
	return f.call("browsingContext.activate", object{"context": f.tab}, nil)
}

func (f *firefox) complaints() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	logs := f.logs
	f.logs = nil
	return logs
}
