package storage

import (
	"context"
	"path/filepath"

	"abtool/collect"
)

// A Home says where a study keeps its database.
type Home struct {
	Dir string // folder of the study
	DB  string // address of a database of PostgreSQL; "": as study.toml says, which may be in the folder
}

// Open opens the database of the study in a folder, and makes it if there is none.
func Open(dir string, o Options) (*DB, error) { return Home{Dir: dir}.Open(o) }

// OpenRead opens the database of the study in a folder for reading. The error is os.ErrNotExist if it was never
// served.
func OpenRead(dir string) (*DB, error) { return Home{Dir: dir}.OpenRead() }

// OpenIdentities opens the identities of the study in a folder, and makes them if there are none.
func OpenIdentities(dir string) (*Identities, error) { return Home{Dir: dir}.OpenIdentities() }

// Address returns the address of the database of PostgreSQL, or "" if the database is in the folder.
func (h Home) Address() (string, error) {
	if h.DB != "" || !collect.IsStudy(h.Dir) {
		return h.DB, nil
	}
	return collect.Database(h.Dir)
}

// Shared reports whether several servers can serve the study at once.
func (h Home) Shared() (bool, error) {
	address, err := h.Address()
	return address != "", err
}

func (h Home) engine() (engine, error) {
	address, err := h.Address()
	if err != nil {
		return nil, err
	}
	if address != "" {
		return openPostgres(address)
	}
	return sqlite(filepath.Join(h.Dir, File)), nil
}

// OpenIdentities opens the identities of a study, and makes them if there are none.
func (h Home) OpenIdentities() (*Identities, error) {
	e, err := h.engine()
	if err != nil {
		return nil, err
	}
	w, err := openWriter(e.identities(), identitySchema, nil)
	if err != nil {
		return nil, err
	}
	return &Identities{w}, nil
}

// HasIdentities reports whether the study has identities. A study has them since it was served.
func (h Home) HasIdentities(ctx context.Context) (bool, error) {
	e, err := h.engine()
	if err != nil {
		return false, err
	}
	e = e.identities()
	if e.exists() != nil {
		return false, nil
	}
	q, err := e.pool(false)
	if err != nil {
		return false, err
	}
	defer q.Close()
	version, err := e.format(ctx, q)
	return version > 0, err
}
