package store

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// merge makes the account of all stores.
func (j *Joint) merge(dropped map[string][]leftOut) {
	j.rename()
	all := &Account{Completed: true, DataSets: []DataSet{}}
	var versions []string
	for _, a := range j.Of {
		all.FormatVersion = max(all.FormatVersion, a.FormatVersion)
		if !slices.Contains(versions, a.ToolVersion) {
			versions = append(versions, a.ToolVersion)
		}
	}
	all.ToolVersion = strings.Join(versions, ", ")
	for _, name := range Sets {
		if s := j.sets[name]; s != nil {
			all.DataSets = append(all.DataSets, j.dataSet(name, s, dropped[name]))
		}
	}
	j.Account = all
}

// roles lists the roles of sources in the order in which ingest reads them.
var roles = []string{"byproducts", "boxes", "instances"}

// rename gives the sources of the same name in several stores the names that one ingest gives them: pages,
// pages#2 and so on.
func (j *Joint) rename() {
	used := map[string]int{}
	own := make([]map[string]string, len(j.Of)) // by store and name: the name before it got a number
	for i, a := range j.Of {
		j.Names = append(j.Names, map[string]string{})
		own[i] = map[string]string{}
		seen := map[string]int{}
		for _, role := range roles {
			for _, name := range a.sourcesIn(role) {
				base := name
				if at := strings.LastIndexByte(name, '#'); at > 0 {
					if n, err := strconv.Atoi(name[at+1:]); err == nil && n > 1 && seen[name[:at]] == n-1 {
						base = name[:at]
					}
				}
				seen[base]++
				own[i][name] = base
			}
		}
	}
	for _, role := range roles {
		for i, a := range j.Of {
			for _, name := range a.sourcesIn(role) {
				base := own[i][name]
				used[base]++
				to := base
				if used[base] > 1 {
					to = fmt.Sprintf("%s#%d", base, used[base])
				}
				if to != name {
					j.Names[i][name] = to
				}
			}
		}
	}
}

// sourcesIn returns the names of the sources in a role, each once. Of the same name, those with smaller numbers
// come first.
func (a *Account) sourcesIn(role string) (names []string) {
	for _, d := range a.DataSets {
		for _, s := range d.Sources {
			if s.Role == role && !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	return names
}

// dataSet makes the account of a data set of all stores.
func (j *Joint) dataSet(name string, s *JointSet, dropped []leftOut) DataSet {
	all := DataSet{Name: name, Rows: map[string]int64{}, Bytes: map[string]int64{}, Rejected: []Count{}, Nulled: []Count{}}
	rejected, nulled := map[Count]int64{}, map[Count]int64{}
	for k := range s.Parts {
		p := &s.Parts[k]
		d := j.Of[p.Store].DataSet(name)
		if k == 0 {
			all.Options = d.Options
		} else if d.Options.Format != all.Options.Format {
			all.Options.Format = "parquet" // which each of them has
		}
		for table, n := range d.Rows {
			all.Rows[table] += n
		}
		for table, n := range d.Bytes {
			all.Bytes[table] += n
		}
		all.Rows["annotations"] -= int64(len(p.Drop))
		all.Rows["images"] -= int64(len(p.DropImages))
		for _, c := range d.Rejected {
			rejected[Count{Reason: c.Reason}] += c.Count
		}
		for _, c := range d.Nulled {
			nulled[Count{Field: c.Field, Reason: c.Reason}] += c.Count
		}
		for _, note := range d.Notes {
			all.Notes = append(all.Notes, j.dir(p)+": "+note)
		}
		for _, study := range d.Studies {
			study.Name = cmp.Or(j.Names[p.Store][study.Name], study.Name)
			study.Folder = Resolve(j.dir(p), study.Folder)
			all.Studies = append(all.Studies, study)
		}
	}
	all.Categories = s.categories
	if s.Images != nil {
		all.Rows["images"] = s.imageRows
	}
	for _, role := range roles {
		for k := range s.Parts {
			i := s.Parts[k].Store
			for _, src := range j.Of[i].DataSet(name).Sources {
				if src.Role != role {
					continue
				}
				for _, x := range dropped {
					if x.store == i && x.source == src.Name {
						src.Stored, src.Rejected, src.Rows = src.Stored-x.records, src.Rejected+x.records, src.Rows-x.rows
						rejected[Count{Reason: "duplicate"}] += x.records
					}
				}
				src.Name = cmp.Or(j.Names[i][src.Name], src.Name)
				all.Sources = append(all.Sources, src)
			}
		}
	}
	all.Rejected, all.Nulled = counts(rejected), counts(nulled)
	if note := s.Repeats.String(); note != "" {
		all.Notes = append(all.Notes, note)
	}
	return all
}

// counts returns the counts, the largest first.
func counts(of map[Count]int64) []Count {
	all := make([]Count, 0, len(of))
	for c, n := range of {
		c.Count = n
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

// String says how many records are in several stores; it returns "" if there are none.
func (r *Repeats) String() string {
	if r.Records == 0 {
		return ""
	}
	records, rows, are := "records", "rows", "are"
	if r.Records == 1 {
		records, are = "record", "is"
	}
	if r.Rows == 1 {
		rows = "row"
	}
	return fmt.Sprintf("%d %s (%d %s) %s in several of the stores and counted once, in the first: image %s in %s is also in %s (R4)",
		r.Records, records, r.Rows, rows, are, r.Example, r.From, r.Before)
}

// Notes returns a sentence for each data set of which several stores have the same records.
func (j *Joint) Notes() (notes []string) {
	for _, name := range Sets {
		if s := j.sets[name]; s != nil {
			if note := s.Repeats.String(); note != "" {
				notes = append(notes, Title(name)+": "+note)
			}
		}
	}
	return notes
}
