import { literalSpecName } from '../../domain/spec/name-tag.ts';
import { quoted } from '../../domain/text.ts';
import { contentUpdates } from '../branch-updates.ts';
import { isFile, topEntries } from '../changed-files.ts';
import { type PushPolicy, type Violation, violation } from '../policy.ts';
import { isRetired } from '../retired.ts';

/** There is one spec, `<component>.spec`, and its `Name:` is the component's. */
export const specFile: PushPolicy = {
  name: 'spec-file',
  fixed: false,
  async check(facts) {
    const wanted = `${facts.component.name}.spec`;
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
      const spec = specs.find((entry) => entry.name === wanted);
      if (spec === undefined) {
        problem(`${wanted} is missing`, `add it: git add ${wanted}`);
        continue;
      }
      if ((await facts.objects.size(spec.oid)) > facts.limits.maxFileSize) {
        problem(`${wanted} is too large to be checked`, 'a spec is a small text file');
        continue;
      }
      const name = literalSpecName((await facts.objects.blob(spec.oid)).toString('utf8'));
      if (name !== null && name !== facts.component.name)
        problem(
          `${wanted} says Name: ${quoted(name)}`,
          `write Name: %{?scl_prefix}${facts.component.name}`,
        );
    }
    return found;
  },
};
