import { sql as raw } from 'kysely';
import { decide } from '../../core/access/decide.ts';
import type { ApiOutput, ApiParsed } from '../../core/api/schemas.ts';
import type { RequestContext } from '../access/audit.ts';
import { collectionsOf, findComponent } from '../components/find-component.ts';
import type { Database } from '../db/database.ts';

/**
 * Files of a component, newest first. From which address a file came is told to those who may
 * upload to the component, and to site admins; to others it is null.
 * @throws DistGitError `not_found` for the component
 */
export async function listSources(
  db: Database,
  { principal }: Pick<RequestContext, 'principal'>,
  { component: name, file, hash }: ApiParsed<'listSources'>,
): Promise<ApiOutput<'listSources'>> {
  const component = await findComponent(db.sql, name);
  const collections = collectionsOf(component.branches);
  const mayUpload = decide(principal, { action: 'upload', component: name, collections }).allowed;
  const tellsAddress = mayUpload || decide(principal, { action: 'administer' }).allowed;
  let query = db.sql
    .selectFrom('sources')
    .selectAll()
    // Row and audit entry are written by one statement, at one time.
    .select([
      raw<string | null>`(select a.address from audit_log a
        where a.action = 'upload' and a.allowed
          and a.subject = sources.component || '/' || sources.file
          and a.at = sources.uploaded_at and a.detail->>sources.hash_type = sources.hash
        order by a.id limit 1)`.as('address'),
      raw<{ branch: string; commit: string }[]>`coalesce((
        select json_agg(json_build_object(
          'branch', substr(r.ref, length('refs/heads/') + 1), 'commit', r.commit) order by r.ref)
        from source_references r
        where r.component = sources.component and r.file = sources.file
          and r.hash_type = sources.hash_type and r.hash = sources.hash), '[]')`.as('usedBy'),
    ])
    .where('component', '=', name)
    .orderBy('uploaded_at', 'desc');
  if (file !== undefined) query = query.where('file', '=', file);
  if (hash !== undefined) query = query.where('hash', '=', hash);
  const rows = await query.execute();
  return {
    items: rows.map((row) => ({
      file: row.file,
      hashType: row.hash_type,
      hash: row.hash,
      size: row.size,
      mtime: row.mtime.toISOString(),
      uploadedBy: row.uploaded_by,
      uploadedAt: row.uploaded_at.toISOString(),
      address: tellsAddress ? row.address : null,
      state: row.state,
      usedBy: row.usedBy,
    })),
  };
}
