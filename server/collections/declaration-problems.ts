import type { Declaration, DeclaredCollection } from '../../core/api/declaration-schemas.ts';
import type { CollectionName, Vendor } from '../../core/domain/collection.ts';
import type { SigName } from '../../core/domain/sig.ts';
import type { CollectionChange, KnownCollection } from './declared-changes.ts';

export interface Problem {
  /** `body.collections.3.releases.7.0`: where it stands in the request. */
  readonly path: string;
  readonly message: string;
}
type Known = ReadonlyMap<CollectionName, KnownCollection>;

/** Everything in a declaration that can not be made so, all at once. Pure. */
export function declarationProblems(
  declaration: Declaration,
  known: Known,
  sigs: ReadonlySet<SigName>,
): Problem[] {
  const { collections, sig: fileSig } = declaration;
  const problems: Problem[] = [];
  if (fileSig !== undefined && !sigs.has(fileSig))
    problems.push({ path: 'body.sig', message: `There is no SIG ${fileSig}.` });
  const first = new Map<string, string>();
  const anyCase = new Map([...known.keys()].map((name) => [name.toLowerCase(), name]));
  collections.forEach((declared, index) => {
    const { name } = declared;
    const path = `body.collections.${index}`;
    const say = (field: string, message: string): void => {
      problems.push({ path: `${path}.${field}`, message });
    };
    const before = first.get(name.toLowerCase()) ?? anyCase.get(name.toLowerCase());
    if (first.has(name.toLowerCase())) say('name', `${name} is declared before, as ${before}.`);
    else if (before !== undefined && before !== name)
      say('name', `There is a collection ${before}, which differs in case only.`);
    first.set(name.toLowerCase(), name);
    sigProblem(declared, fileSig, known, sigs, say);
  });
  const vendors = vendorsAfter(declaration, known);
  collections.forEach((declared, index) => {
    dependProblems(declared, vendors, (field, message) => {
      problems.push({ path: `body.collections.${index}.${field}`, message });
    });
  });
  return problems;
}

function sigProblem(
  { name, sig }: DeclaredCollection,
  fileSig: SigName | undefined,
  known: Known,
  sigs: ReadonlySet<SigName>,
  say: (field: string, message: string) => void,
): void {
  const found = known.get(name);
  const own = sig ?? fileSig;
  if (found !== undefined) {
    if (own !== undefined && own !== found.sig)
      say(
        sig === undefined ? 'name' : 'sig',
        `${name} belongs to SIG ${found.sig}, not to ${own}.`,
      );
  } else if (own === undefined)
    say('name', `${name} is new and has no SIG. Write "sig" in it, or for the whole file.`);
  else if (sig !== undefined && !sigs.has(sig)) say('sig', `There is no SIG ${sig}.`);
}

/** The namespace of every collection that there is afterwards. */
function vendorsAfter({ collections }: Declaration, known: Known): Map<CollectionName, Vendor> {
  const vendors = new Map([...known].map(([name, { vendor }]) => [name, vendor]));
  for (const { name, namespace } of collections)
    vendors.set(name, namespace ?? vendors.get(name) ?? 'rh');
  return vendors;
}

function dependProblems(
  { name, releases }: DeclaredCollection,
  vendors: ReadonlyMap<CollectionName, Vendor>,
  say: (field: string, message: string) => void,
): void {
  for (const { release, depends } of releases) {
    const seen = new Set<CollectionName>();
    depends.forEach(({ collection, namespace }, index) => {
      const field = `releases.${release}.${index}.collection`;
      const vendor = vendors.get(collection);
      if (collection === name) say(field, `${name} can not depend on itself.`);
      else if (seen.has(collection)) say(field, `${collection} is named twice for EL ${release}.`);
      else if (vendor === undefined) say(field, `There is no collection ${collection}.`);
      else if (namespace !== undefined && namespace !== vendor)
        say(
          `releases.${release}.${index}.namespace`,
          `${collection} is of namespace ${vendor}, not ${namespace}.`,
        );
      seen.add(collection);
    });
  }
}

/** Why what is to be removed can not be. */
export function pruneProblems(changes: readonly CollectionChange[], known: Known): Problem[] {
  const removed = new Set(
    changes.filter(({ action }) => action === 'remove').map(({ collection }) => collection),
  );
  const problems: Problem[] = [];
  for (const { collection, action, remove } of changes) {
    const components = known.get(collection)?.components ?? 0;
    if (components === 0 || (action !== 'remove' && remove.length === 0)) continue;
    const what = action === 'remove' ? '' : ` for EL ${remove.join(', ')}`;
    problems.push({
      path: 'body.prune',
      message: `${collection} can not be removed${what}: ${components} of its components have branches.`,
    });
  }
  const changed = new Map(changes.map((change) => [change.collection, change]));
  for (const { name, releases } of known.values()) {
    if (removed.has(name)) continue;
    for (const { release, depends } of releases) {
      const { remove = [], depend = [] } = changed.get(name) ?? {};
      if (remove.includes(release)) continue;
      const now = depend.find((one) => one.release === release)?.depends ?? depends;
      for (const one of now)
        if (removed.has(one.collection))
          problems.push({
            path: 'body.prune',
            message: `${one.collection} can not be removed: ${name} depends on it on EL ${release}.`,
          });
    }
  }
  return problems;
}
