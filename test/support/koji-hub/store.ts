import type { XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';

export type Row = Record<string, XmlRpcValue>;
type Where = Readonly<Record<string, XmlRpcValue>>;

/** A fault that a hub answers with. */
export class HubFault extends Error {
  readonly code: number;
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

export const generic = (text: string): HubFault => new HubFault(1000, text);
export const denied = (text: string): HubFault => new HubFault(1004, text);

function matches(row: Row, where: Where): boolean {
  for (const name in where) if (row[name] !== where[name]) return false;
  return true;
}

/**
 * A hub's database: tables whose rows are never deleted but revoked, by events; with savepoints.
 * Numbers that a sequence gave are not given again after a rollback, as PostgreSQL does it.
 */
export class Store {
  readonly #tables = new Map<string, Row[]>();
  /** Rows that are of a tag, by the table and the tag's number, which stays. */
  readonly #byTag = new Map<string, Row[]>();
  readonly #sequences = new Map<string, number>();
  readonly #undo: (() => void)[] = [];
  /** What was uploaded, by its path below `work`: on a disk, which no rollback knows of. */
  readonly files = new Map<string, Uint8Array>();
  /** Whose each folder of uploads is. */
  readonly folders = new Map<string, XmlRpcValue>();
  /** What a hub's own policy `package_list` says to everybody; null: the default one holds. */
  packageRefusal: string | null = null;

  rows(table: string, where: Where = {}): Row[] {
    return this.#among(table, where).filter((row) => matches(row, where));
  }

  one(table: string, where: Where): Row | undefined {
    return this.#among(table, where).find((row) => matches(row, where));
  }

  /** Rows of a versioned table that hold now. */
  active(table: string, where: Where = {}): Row[] {
    return this.rows(table, { ...where, revoke_event: null });
  }

  current(table: string, where: Where): Row | undefined {
    return this.one(table, { ...where, revoke_event: null });
  }

  insert(table: string, row: Row): Row {
    const lists = [this.#table(table)];
    if ('tag_id' in row) lists.push(this.#ofTag(table, row.tag_id));
    for (const rows of lists) {
      rows.push(row);
      this.#undo.push(() => rows.splice(rows.lastIndexOf(row), 1));
    }
    return row;
  }

  update(row: Row, patch: Row): void {
    const before = Object.fromEntries(Object.keys(patch).map((name) => [name, row[name] ?? null]));
    Object.assign(row, patch);
    this.#undo.push(() => Object.assign(row, before));
  }

  nextId(sequence: string): number {
    const next = (this.#sequences.get(sequence) ?? 0) + 1;
    this.#sequences.set(sequence, next);
    return next;
  }

  /** The last event that is there; 0 where there is none. */
  get lastEvent(): number {
    return this.#sequences.get('event') ?? 0;
  }

  savepoint(): number {
    return this.#undo.length;
  }

  rollback(savepoint: number): void {
    for (const undo of this.#undo.splice(savepoint).toReversed()) undo();
  }

  /** @returns whether there was anything to commit */
  commit(): boolean {
    return this.#undo.splice(0).length > 0;
  }

  #among(table: string, where: Where): Row[] {
    return 'tag_id' in where ? this.#ofTag(table, where.tag_id) : this.#table(table);
  }

  #ofTag(table: string, tag: XmlRpcValue | undefined): Row[] {
    const key = `${table} ${say(tag)}`;
    let rows = this.#byTag.get(key);
    if (rows === undefined) this.#byTag.set(key, (rows = []));
    return rows;
  }

  #table(name: string): Row[] {
    let rows = this.#tables.get(name);
    if (rows === undefined) this.#tables.set(name, (rows = []));
    return rows;
  }
}

/** One call of a user. */
export class Context {
  readonly store: Store;
  readonly user: Row | null;
  readonly session: Row | null;
  #event: Row | null = null;

  constructor(store: Store, user: Row | null, session: Row | null) {
    this.store = store;
    this.user = user;
    this.session = session;
  }

  /** The event of this call; all that it changes has it. */
  get event(): Row {
    this.#event ??= { id: this.store.nextId('event'), ts: Date.now() / 1000 };
    return this.#event;
  }

  get login(): Row {
    if (this.user === null) throw denied('you must be logged in for this operation');
    return this.user;
  }

  assertLogin(): void {
    if (this.user === null) throw denied('you must be logged in for this operation');
  }

  has(permission: string): boolean {
    const names = this.user === null ? [] : permissionsOf(this.store, this.user);
    return names.includes(permission) || names.includes('admin');
  }

  needs(permission: string): Row {
    const who = this.user === null ? 'user not logged in' : `logged in as ${say(this.user.name)}`;
    if (!this.has(permission)) throw denied(`${permission} permission required (${who})`);
    return this.login;
  }

  /** A row of a versioned table. */
  add(table: string, row: Row): Row {
    const { id, ts } = this.event as { id: number; ts: number };
    const by = { creator_id: this.user?.id ?? null, creator_name: this.user?.name ?? null };
    const open = { revoke_event: null, revoke_ts: null, revoker_id: null, revoker_name: null };
    return this.store.insert(table, { ...row, create_event: id, create_ts: ts, ...by, ...open });
  }

  revoke(row: Row): void {
    const { id, ts } = this.event as { id: number; ts: number };
    const by = { revoker_id: this.user?.id ?? null, revoker_name: this.user?.name ?? null };
    this.store.update(row, { revoke_event: id, revoke_ts: ts, ...by });
  }
}

export function permissionsOf(store: Store, user: Row): string[] {
  return store
    .active('user_perms', { user_id: user.id ?? null })
    .map(({ perm_id: id }) => say(store.one('permissions', { id: id ?? null })?.name));
}

/** A value in words, as Python's `%s` does it for those that names and numbers are. */
export function say(value: XmlRpcValue | undefined): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** As Python's `%r`. */
export const repr = (value: XmlRpcValue): string =>
  typeof value === 'string' ? `'${value}'` : say(value);

/** Some of a row's members, in this order. */
export const pick = (row: Row, ...names: string[]): Row =>
  Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
