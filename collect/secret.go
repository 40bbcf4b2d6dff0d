package collect

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Keys are the secrets of a study. Who has them can connect pseudonyms with platforms' ids, and make codes.
type Keys struct {
	Pseudonym     []byte // of annotators
	Image         []byte // of the addresses of images
	Code          []byte // of completion codes
	Participation []byte // of participation codes
	Admin         string // token of the administrator
}

// keyNames are the files of the folder secrets.
var keyNames = []string{"pseudonym", "image", "code", "participation", "admin"}

// makeKeys makes the keys of a new study.
func makeKeys(dir string) error {
	folder := filepath.Join(dir, "secrets")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for _, name := range keyNames {
		b := make([]byte, 32)
		rand.Read(b)
		f, err := os.OpenFile(filepath.Join(folder, name+".key"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) { // an earlier init was interrupted
			continue
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(f, hex.EncodeToString(b))
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// HasKeys reports whether a folder has keys. A study has them, and a copy of it does not.
func HasKeys(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "secrets"))
	return err == nil
}

// Keys reads the keys with these names, all keys without a name. It returns an error if others can read them.
func (s *Study) Keys(names ...string) (k Keys, err error) {
	if len(names) == 0 {
		names = keyNames
	}
	values := map[string][]byte{}
	for _, name := range names {
		path := filepath.Join(s.Dir, "secrets", name+".key")
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			return k, fmt.Errorf("%s is missing, and cannot be made again: copy it from where you keep the keys", path)
		}
		if err != nil {
			return k, err
		}
		if info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
			return k, fmt.Errorf("%s can be read by others: chmod 600 %s", path, path)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return k, err
		}
		b, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil || len(b) != 32 {
			return k, fmt.Errorf("%s is not a key: it has to be 64 hexadecimal digits", path)
		}
		values[name] = b
	}
	return Keys{values["pseudonym"], values["image"], values["code"], values["participation"], hex.EncodeToString(values["admin"])}, nil
}

// Fingerprint returns a text from which the keys cannot be found, and which other keys do not have. The token of the
// administrator has no part in it.
func (k Keys) Fingerprint() string {
	sum := sha256.New()
	for _, key := range [][]byte{k.Pseudonym, k.Image, k.Code, k.Participation} {
		sum.Write(mac(key, "fingerprint"))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// mac returns the HMAC-SHA256 of texts, which must not contain a NUL, under a key.
func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join(parts, "\x00")))
	return h.Sum(nil)
}

// Worker returns the pseudonym of a platform's annotator: 10 hexadecimal digits, as in the original releases.
func (k Keys) Worker(platform, id string) string {
	return hex.EncodeToString(mac(k.Pseudonym, platform, id))[:10]
}

// Ticket returns the pseudonym of what a platform pays for once: 16 hexadecimal digits.
func (k Keys) Ticket(platform, id string) string {
	return hex.EncodeToString(mac(k.Pseudonym, platform, "ticket", id))[:16]
}

// letters has neither I, L, O nor U, which are easily mistaken.
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var crockford = base32.NewEncoding(letters).WithPadding(base32.NoPadding)

// CompletionCode returns the code that shows that a worker has finished an assignment: ten characters and one
// that checks them, as 7QK2M-XA9DP-3.
func (k Keys) CompletionCode(study, assignment, worker string) string {
	code := crockford.EncodeToString(mac(k.Code, study, assignment, worker))[:10]
	return code[:5] + "-" + code[5:] + "-" + string(checkCharacter(code))
}

// ParticipationCode returns the code with which a worker can ask for deletion: three groups of four characters
// and one that checks them.
func (k Keys) ParticipationCode(study, worker string) string {
	code := crockford.EncodeToString(mac(k.Participation, study, worker))[:12]
	return code[:4] + "-" + code[4:8] + "-" + code[8:] + "-" + string(checkCharacter(code))
}

// checkCharacter returns a character that differs if one character is mistyped or two neighbours are swapped:
// the sum of the characters' values, each times its place, modulo 31. Places are at most 12, and differ by 1 for
// neighbours, so that neither vanishes modulo the prime 31; only the values 0 and 31 look alike.
func checkCharacter(code string) byte {
	sum := 0
	for i := range len(code) {
		sum += (i + 1) * strings.IndexByte(letters, code[i])
	}
	return letters[sum%31]
}

// CodeIsWellFormed reports whether the check character of a code is right. Spaces, hyphens and case do not matter.
func CodeIsWellFormed(code string) bool {
	code = PlainCode(code)
	for i := range len(code) {
		if strings.IndexByte(letters, code[i]) < 0 {
			return false
		}
	}
	return len(code) > 1 && checkCharacter(code[:len(code)-1]) == code[len(code)-1]
}

// PlainCode returns a code without hyphens and spaces, in the letters that codes have.
func PlainCode(code string) string {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "", "\t", "").Replace(code))
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(code)
}

// IsParticipationCode reports whether a code, as somebody has typed it, is the participation code of a worker.
func (k Keys) IsParticipationCode(code, study, worker string) bool {
	return PlainCode(code) == PlainCode(k.ParticipationCode(study, worker))
}

// macBytes is the number of bytes of an image's key that show that the server made it.
const macBytes = 12

// ImageKey returns the name under which a page of an assignment shows the image of a slot. It holds the page and
// the slot, which the annotator knows, and says nothing of the image. page is a UUID.
func (k Keys) ImageKey(study, page string, slot int) string {
	id, err := hex.DecodeString(strings.ReplaceAll(page, "-", ""))
	if err != nil || len(id) != 16 || slot < 0 || slot >= maxSlots {
		panic(fmt.Sprintf("collect: no key for page %q, slot %d", page, slot))
	}
	b := append(id, byte(slot))
	return base64.RawURLEncoding.EncodeToString(append(b, mac(k.Image, study, page, strconv.Itoa(slot))[:macBytes]...))
}

// OpenImageKey returns the page and slot of a key. ok is false if ImageKey did not make it.
func (k Keys) OpenImageKey(study, key string) (page string, slot int, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil || len(b) != 16+1+macBytes {
		return "", 0, false
	}
	page = fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
	slot = int(b[16])
	return page, slot, hmac.Equal(b[17:], mac(k.Image, study, page, strconv.Itoa(slot))[:macBytes])
}

// HITImageKey returns what shows that the address of an image of a HIT is of this server.
func (k Keys) HITImageKey(study, hit string, page, slot int) string {
	return base64.RawURLEncoding.EncodeToString(mac(k.Image, study, "hit", hit, strconv.Itoa(page), strconv.Itoa(slot))[:macBytes])
}

// IconKey returns the name under which the picture of an icon is served.
func (k Keys) IconKey(study, icon string) string {
	return base64.RawURLEncoding.EncodeToString(mac(k.Image, study, "icon", icon)[:16])
}
