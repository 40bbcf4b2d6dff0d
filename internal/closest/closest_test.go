package closest

import "testing"

func TestName(t *testing.T) {
	names := []string{"final-click", "final-add", "first-click", "random"}
	for wrong, want := range map[string]string{
		"final-clik": "final-click", "finalclick": "final-click", "Final-Add": "final-add", "radnom": "random", "first": "first-click",
		"": "", "x": "", "zzzzzzzz": "",
	} {
		if got := Name(wrong, names); got != want {
			t.Errorf("%q: %q, want %q", wrong, got, want)
		}
	}
	if got := DidYouMean("radnom", names); got != "; did you mean random?" {
		t.Error(got)
	}
	if got := DidYouMean("zzzzzzzz", names); got != "" {
		t.Error(got)
	}
}
