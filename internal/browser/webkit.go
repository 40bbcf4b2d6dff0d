package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// WebKit starts WebKitGTK's MiniBrowser on a display that nobody sees, for as long as the test runs, or skips the test
// if these are not installed. It is driven by WebDriver.
func WebKit(t *testing.T, o Options) *Tab {
	t.Helper()
	for _, p := range [][2]string{{"WebKitWebDriver", "webkit2gtk-driver"}, {"Xvfb", "xvfb"}} {
		if _, err := exec.LookPath(p[0]); err != nil {
			t.Skipf("%s is not installed, so that the page is not tested in WebKitGTK: apt-get install webkit2gtk-driver xvfb", p[0])
		}
	}
	screen := display(t)
	home := folder(t) // of the browser's settings and data
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	driver := exec.Command("WebKitWebDriver", "--port="+port)
	driver.Env = append(os.Environ(), screen, "GDK_BACKEND=x11", "HOME="+home, "XDG_RUNTIME_DIR="+home,
		"XDG_DATA_HOME="+filepath.Join(home, "data"), "XDG_CACHE_HOME="+filepath.Join(home, "cache"), "XDG_CONFIG_HOME="+home,
		"NO_AT_BRIDGE=1", "LIBGL_ALWAYS_SOFTWARE=1", fmt.Sprintf("GDK_SCALE=%d", int(max(o.Ratio, 1))))
	if o.Dark {
		driver.Env = append(driver.Env, "GTK_THEME=Adwaita:dark")
	}
	k := &webkit{base: "http://127.0.0.1:" + port + "/session"}
	run(t, driver)
	var made struct{ SessionID string }
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err = k.call("POST", "", object{"capabilities": object{"alwaysMatch": object{"unhandledPromptBehavior": "accept",
			"webkitgtk:browserOptions": object{"binary": minibrowser(), "args": []string{"--automation"}}}}}, &made)
		if err == nil {
			break
		}
		if time.Now().After(end) || !strings.Contains(err.Error(), "refused") {
			t.Fatal(err)
		}
	}
	k.base += "/" + made.SessionID
	t.Cleanup(func() { k.call("DELETE", "", nil, nil) })
	return newTab(t, "webkit", k, o)
}

// display starts a display that nobody sees, and returns the variable that names it.
func display(t *testing.T) string {
	t.Helper()
	ready, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	screen := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "3840x2400x24", "-nolisten", "tcp")
	screen.ExtraFiles = []*os.File{write}
	run(t, screen)
	write.Close()
	number, err := bufio.NewReader(ready).ReadString('\n')
	ready.Close()
	if err != nil {
		t.Fatalf("Xvfb: %v", err)
	}
	return "DISPLAY=:" + strings.TrimSpace(number)
}

// minibrowser returns the path of MiniBrowser, or nothing if WebKitWebDriver has to find it.
func minibrowser() string {
	for _, pattern := range []string{"/usr/lib/*/webkit2gtk-4*/MiniBrowser", "/usr/lib/*/webkitgtk-6*/MiniBrowser"} {
		if all, _ := filepath.Glob(pattern); len(all) > 0 {
			return all[0]
		}
	}
	return "MiniBrowser"
}

// folder returns a folder that lasts as long as the test, and a little longer if processes of a browser that was killed
// still write to it.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var err error
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
		}
		t.Error(err)
	})
	return dir
}

// run starts a program for as long as the test runs.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

type webkit struct {
	base string
	rect object // of the window before it was hidden
}

func (k *webkit) call(method, path string, body, to any) error {
	var content io.Reader
	if method == "POST" {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(b)
	}
	q, err := http.NewRequest(method, k.base+path, content)
	if err != nil {
		return err
	}
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var a struct{ Value json.RawMessage }
	if err := json.Unmarshal(b, &a); err != nil {
		return fmt.Errorf("%s %s: %s", method, path, b)
	}
	if r.StatusCode != 200 {
		return fmt.Errorf("%s %s: %s", method, path, a.Value)
	}
	if to != nil {
		return json.Unmarshal(a.Value, to)
	}
	return nil
}

func (k *webkit) reload() error { return k.call("POST", "/refresh", object{}, nil) }
func (k *webkit) back() error   { return k.call("POST", "/back", object{}, nil) }

func (k *webkit) eval(expression string) (text string, err error) {
	err = k.call("POST", "/execute/async", object{"script": `const done = arguments[0]; ` + expression + `.then(done, e => done("!" + e))`, "args": []any{}}, &text)
	if what, ok := strings.CutPrefix(text, "!"); ok && err == nil {
		err = fmt.Errorf("%s", what)
	}
	return text, err
}

func (k *webkit) act(sources []any) error {
	return k.call("POST", "/actions", object{"actions": sources}, nil)
}

func (k *webkit) picture() (text string, err error) {
	err = k.call("GET", "/screenshot", nil, &text)
	return text, err
}

// resize asks for a window that is larger than its inside by its frame.
func (k *webkit) resize(width, height int) error {
	var inside []int
	var outside struct{ Width, Height int }
	text, err := k.eval("(async () => JSON.stringify([innerWidth, innerHeight]))()")
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), &inside); err != nil {
		return err
	}
	if err := k.call("GET", "/window/rect", nil, &outside); err != nil {
		return err
	}
	return k.call("POST", "/window/rect", object{"width": width + outside.Width - inside[0], "height": height + outside.Height - inside[1]}, nil)
}

func (k *webkit) hide() error {
	if err := k.call("GET", "/window/rect", nil, &k.rect); err != nil {
		return err
	}
	return k.call("POST", "/window/minimize", object{}, nil)
}

func (k *webkit) show() error { return k.call("POST", "/window/rect", k.rect, nil) }

// listen gathers errors of the scripts of a page from when it is loaded on.
const listen = `(async () => { globalThis.complaints = []; addEventListener("error", e => complaints.push("error: " + e.message));
	addEventListener("unhandledrejection", e => complaints.push("error: " + e.reason)); addEventListener("securitypolicyviolation", e => complaints.push("error: " + e.blockedURI)) })()`

func (k *webkit) open(url string) error {
	err := k.call("POST", "/url", object{"url": url}, nil)
	if err == nil {
		_, err = k.eval(listen)
	}
	return err
}

func (k *webkit) complaints() (all []string) {
	text, err := k.eval(`(async () => JSON.stringify((globalThis.complaints ?? []).splice(0)))()`)
	if err == nil {
		err = json.Unmarshal([]byte(text), &all)
	}
	if err != nil {
		return []string{err.Error()}
	}
	return all
}
