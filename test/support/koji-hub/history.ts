import { isArray, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { type Methods, method } from './signature.ts';
import { type Context, generic, type Row } from './store.ts';

/** The tables of history, and the names that stand beside their numbers. */
const TABLES: Readonly<Record<string, Names>> = {
  tag_config: { tag_id: ['tag', 'tag.name'], perm_id: ['permissions', 'permission.name'] },
  tag_extra: { tag_id: ['tag', 'tag.name'] },
  tag_inheritance: { tag_id: ['tag', 'tag.name'], parent_id: ['tag', 'parent.name'] },
  tag_packages: { tag_id: ['tag', 'tag.name'], package_id: ['package', 'package.name'] },
  tag_external_repos: {
    tag_id: ['tag', 'tag.name'],
    external_repo_id: ['external_repo', 'external_repo.name'],
  },
  build_target_config: {
    build_target_id: ['build_target', 'build_target.name'],
    build_tag: ['tag', 'build_tag.name'],
    dest_tag: ['tag', 'dest_tag.name'],
  },
};

type Names = Readonly<Record<string, readonly [table: string, as: string]>>;

function named({ store }: Context, row: Row, names: Names): Row {
  const answer: Row = { ...row, active: row.revoke_event === null ? true : null };
  for (const [column, [table, as]] of Object.entries(names))
    answer[as] = store.one(table, { id: row[column] ?? null })?.name ?? null;
  return answer;
}

function query(context: Context, a: Row): XmlRpcValue {
  const { store } = context;
  const tables = isArray(a.tables) ? a.tables.map(String) : Object.keys(TABLES);
  const answer: Row = {};
  for (const table of tables) {
    const names = TABLES[table];
    if (names === undefined) throw generic(`Unknown history table: ${table}`);
    const isWanted = (row: Row): boolean => {
      const tag =
        a.tag === undefined ||
        [row['tag.name'], row['build_tag.name'], row['dest_tag.name']].includes(a.tag);
      const target = a.build_target === undefined || row['build_target.name'] === a.build_target;
      return tag && target;
    };
    answer[table] = store
      .rows(table)
      .map((row) => named(context, row, names))
      .filter(isWanted);
  }
  return answer;
}

export const HISTORY_METHODS: Methods = {
  queryHistory: method('query_history(tables=None, **kwargs)', query),
  getLastEvent: method('getLastEvent(before=None, strict=True)', ({ store }) => ({
    id: store.lastEvent,
    ts: Date.now() / 1000,
  })),
};
