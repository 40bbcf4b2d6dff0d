-- The point rules of ImageNet in SQL, over the tables of a store alone: image_id, rule, x, y, weight, annotation, worker_id. Seed 1.
CREATE TEMP TABLE clicked AS
SELECT seq, image_id, worker_id, coalesce(hit_submit_time, -1) AS submit, list_filter(clicks, lambda c: c.x IS NOT NULL AND c.y IS NOT NULL) AS valid, clicks[1].x + clicks[1].y IS NOT NULL AS as_read
FROM imagenet_annotations WHERE selected;

CREATE TEMP TABLE final AS
SELECT image_id, arg_max(seq, (submit, seq)) AS seq, arg_max(valid[-1], (submit, seq)) AS last, arg_max(valid[1], (submit, seq)) AS first,
	arg_max(struct_pack(w := worker_id), (submit, seq)).w AS worker_id
FROM clicked WHERE len(valid) > 0 GROUP BY image_id;

CREATE TEMP TABLE document AS
SELECT image_id, max(seq) AS seq, arg_max(struct_pack(w := worker_id), seq).w AS worker_id, arg_max(valid[-1], seq) AS last FROM clicked WHERE len(valid) > 0 GROUP BY image_id;

CREATE TEMP TABLE means AS
SELECT image_id, max(seq) FILTER (len(valid) > 0) AS seq, arg_max(struct_pack(w := worker_id), seq).w AS worker_id, sum(valid[1].x ORDER BY seq) / count(valid[1].x) AS x, sum(valid[1].y ORDER BY seq) / count(valid[1].y) AS y, bool_and(as_read) AS as_read
FROM clicked GROUP BY image_id HAVING count(valid[1].x) > 0;

CREATE TEMP TABLE boxes AS
SELECT image_id, class, k, xmin / width AS x0, ymin / height AS y0, xmax / width AS x1, ymax / height AS y1
FROM (SELECT image_id, class, width, height, unnest(boxes, recursive := true), generate_subscripts(boxes, 1) AS k FROM imagenet_images WHERE shown IS NOT NULL AND width > 0 AND height > 0);

CREATE TEMP TABLE near AS
SELECT f.image_id, any_value(b.class) AS class, any_value(f.last) AS click, any_value(f.seq) AS seq, any_value(f.worker_id) AS worker_id,
	floor(((('0x' || substr(sha256('0' || chr(10) || 'fold' || chr(10) || coalesce(any_value(f.worker_id), 'image ' || f.image_id)), 1, 16))::UBIGINT >> 11) / 9007199254740992.0) * 5) AS fold,
	arg_min(b, (sqrt(greatest(x0 - last.x, 0, last.x - x1) ** 2 + greatest(y0 - last.y, 0, last.y - y1) ** 2), (x1 - x0) * (y1 - y0), k)) AS box
FROM final f JOIN boxes b USING (image_id) GROUP BY f.image_id;

CREATE TEMP TABLE shift AS
SELECT f.fold, median((click.x - box.x0) / (box.x1 - box.x0)) - 0.5 AS u, median((click.y - box.y0) / (box.y1 - box.y0)) - 0.5 AS v, avg(box.x1 - box.x0) AS w, avg(box.y1 - box.y0) AS h
FROM (SELECT unnest([0, 1, 2, 3, 4]) AS fold) f JOIN near n ON n.fold <> f.fold GROUP BY f.fold;

CREATE TEMP TABLE sizes AS
SELECT f.fold, n.class, avg(box.x1 - box.x0) AS w, avg(box.y1 - box.y0) AS h
FROM (SELECT unnest([0, 1, 2, 3, 4]) AS fold) f JOIN near n ON n.fold <> f.fold GROUP BY f.fold, n.class HAVING count(*) >= 20;

CREATE TEMP TABLE folded AS
SELECT f.*, i.class, floor(((('0x' || substr(sha256('0' || chr(10) || 'fold' || chr(10) || coalesce(f.worker_id, 'image ' || f.image_id)), 1, 16))::UBIGINT >> 11) / 9007199254740992.0) * 5) AS fold
FROM final f JOIN imagenet_images i USING (image_id);

SELECT *, (x BETWEEN 0 AND 1 AND y BETWEEN 0 AND 1)::INT AS weight FROM (
	SELECT image_id, 'final-click' AS rule, last.x AS x, last.y AS y, seq AS annotation, worker_id FROM final
	UNION ALL SELECT image_id, 'final-click-document', last.x, last.y, seq, worker_id FROM document
	UNION ALL SELECT image_id, 'first-click', first.x, first.y, seq, worker_id FROM final
	UNION ALL SELECT image_id, 'loader-mean', x, y, seq, worker_id FROM means WHERE as_read
	UNION ALL SELECT image_id, 'loader-mean-valid', x, y, seq, worker_id FROM means
	UNION ALL SELECT image_id, 'random', (('0x' || substr(d, 1, 16))::UBIGINT >> 11) / 9007199254740992.0, (('0x' || substr(d, 17, 16))::UBIGINT >> 11) / 9007199254740992.0, NULL, NULL
		FROM (SELECT image_id, sha256('1' || chr(10) || 'random' || chr(10) || image_id) AS d FROM final)
	UNION ALL SELECT image_id, 'calibrated', last.x - s.u * coalesce(z.w, s.w), last.y - s.v * coalesce(z.h, s.h), seq, worker_id
		FROM folded f JOIN shift s USING (fold) LEFT JOIN sizes z ON z.fold = f.fold AND z.class = f.class
	UNION ALL SELECT image_id, 'box-centre', (b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2, NULL, NULL FROM (SELECT image_id, arg_max(boxes, ((x1 - x0) * (y1 - y0), -k)) AS b FROM boxes GROUP BY image_id)
);
