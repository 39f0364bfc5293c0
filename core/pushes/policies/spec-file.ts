import { builtPackageName } from '../../domain/built-package-name.ts';
import { literalSpecName } from '../../domain/spec/name-tag.ts';
import { quoted } from '../../domain/text.ts';
import { contentUpdates } from '../branch-updates.ts';
import { isFile, topEntries } from '../changed-files.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';
import { type PushedSpec, pushedSpec } from '../pushed-spec.ts';
import { isRetired } from '../retired.ts';

/**
 * There is one spec, `<component>.spec`, and its `Name:` is the component's, or that of the package
 * which the component builds in the branch's collection.
 */
export const specFile: PushPolicy = {
  name: 'spec-file',
  fixed: false,
  async check(facts) {
    const component = facts.component.name;
    const wanted = `${component}.spec`;
    const found: Violation[] = [];
    for (const { update, branch } of contentUpdates(facts)) {
      const problem = (text: string, remedy: string) =>
        found.push(violation(update, branch.sig, text, remedy));
      const entries = await topEntries(facts.objects, update.newOid);
      if (isRetired(entries)) continue;
      const specs = entries.filter((entry) => entry.name.endsWith('.spec') && isFile(entry));
      for (const other of specs)
        if (other.name !== wanted)
          problem(`${other.name} is the spec of another component`, `name it ${wanted}`);
      const read = await pushedSpec(facts, branch, update.newOid);
      if (read === null) {
        problem(`${wanted} is missing`, `add it: git add ${wanted}`);
        continue;
      }
      if (read.text === null) {
        problem(`${wanted} is too large to be checked`, 'a spec is a small text file');
        continue;
      }
      const name = statedName(read, read.text);
      const built = builtPackageName(component, branch.sclName);
      if (name !== null && name !== component && name !== built)
        problem(
          `${wanted} says Name: ${quoted(name)}`,
          built === branch.sclName
            ? 'write Name: %scl_name'
            : `write Name: %{?scl_prefix}${component}`,
        );
    }
    return found;
  },
};

/** Null: it can not be known without running the spec. What rpm would refuse may state one, too. */
function statedName({ spec }: PushedSpec, text: string): string | null {
  if (spec === null) return literalSpecName(text);
  return spec.name.value.known ? spec.name.value.text : null;
}
