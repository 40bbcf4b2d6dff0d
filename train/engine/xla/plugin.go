//go:build xla

package xla

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// The beginning of the PJRT C API, up to the creation of a client. New versions of the API only append to
// its structures.
typedef struct PJRT_Error PJRT_Error;

typedef struct {
	size_t struct_size;
	void *extension_start;
	const char *name;
	size_t name_size;
	int type;
	union { const char *text; long long number; } value;
	size_t value_size;
} Option;

typedef struct {
	size_t struct_size;
	void *extension_start;
	const Option *options;
	size_t n_options;
} CreateArgs;

typedef struct {
	size_t struct_size;
	void *extension_start;
	PJRT_Error *error;
} DestroyArgs;

typedef struct {
	size_t struct_size;
	void *extension_start;
	struct { size_t struct_size; void *extension_start; int major, minor; } version;
	void (*error_destroy)(DestroyArgs *);
	void *others[9];
	PJRT_Error *(*client_create)(CreateArgs *);
} Api;

static const Api *plugin;

static int is(const Option *o, const char *name) {
	return o->name_size == strlen(name) && memcmp(o->name, name, o->name_size) == 0;
}

// create_client calls the plugin's function. If the plugin rejects the options, it calls the function again
// without the options that not every plugin has: go-xla passes CUDA's "preallocate" to every plugin, and
// older plugins do not have a number of devices.
static PJRT_Error *create_client(CreateArgs *args) {
	const Option *given = args->options;
	size_t n = args->n_options;
	const char *uncommon[] = {"preallocate", "cpu_device_count"};
	Option *known = malloc((n + 1) * sizeof(Option));
	PJRT_Error *err = plugin->client_create(args);
	for (int k = 0; k < 2 && err != NULL && known != NULL; k++) {
		size_t kept = 0;
		for (size_t i = 0; i < args->n_options; i++)
			if (!is(&args->options[i], uncommon[k])) known[kept++] = args->options[i];
		if (kept == args->n_options) continue;
		DestroyArgs destroy = {sizeof(DestroyArgs), NULL, err};
		plugin->error_destroy(&destroy);
		args->options = known, args->n_options = kept;
		err = plugin->client_create(args);
	}
	args->options = given, args->n_options = n;
	free(known);
	return err;
}

// load returns a copy of a plugin's table of functions with create_client in it. If it fails it returns
// NULL and sets *why.
static const Api *load(const char *path, const char **why) {
	void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (library == NULL) return *why = dlerror(), NULL;
	const Api *(*get)(void) = (const Api *(*)(void))dlsym(library, "GetPjrtApi");
	if (get == NULL) return *why = "it does not export GetPjrtApi, so it is not a PJRT plugin", NULL;
	const Api *api = get();
	if (api == NULL || api->struct_size < sizeof(Api)) return *why = "its table of functions is empty", NULL;
	Api *copy = malloc(api->struct_size);
	if (copy == NULL) return *why = "out of memory", NULL;
	memcpy(copy, api, api->struct_size);
	copy->client_create = create_client;
	plugin = api;
	return copy;
}
*/
import "C"

import (
	"errors"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/gomlx/go-xla/pjrt"
)

// onCPU reports whether a plugin is one for CPUs, by the name of its file.
func onCPU(plugin string) bool {
	return strings.Contains(strings.ToLower(filepath.Base(plugin)), "cpu")
}

// preload loads a plugin; it fails if the file is not a plugin. For a plugin for CPUs it replaces the
// function that creates a client, because go-xla passes options to every plugin that only CUDA's has, and
// XLA's plugin for CPUs rejects them. Calls of preload must not overlap.
func preload(path string) error {
	c := C.CString(path)
	defer C.free(unsafe.Pointer(c))
	var why *C.char
	api := C.load(c, &why)
	switch {
	case api == nil:
		return errors.New(C.GoString(why))
	case onCPU(path):
		return pjrt.RegisterPreloadedPlugin(path, uintptr(unsafe.Pointer(api)))
	}
	return nil
}
