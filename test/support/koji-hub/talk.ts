import type { CallAnswer, Hub, HubCall } from '../../../server/koji/hub.ts';
import { keywords } from '../../../server/koji/xmlrpc-encode.ts';
import { isArray, isStruct, type XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import { type Names, type Said, TAGS } from './conversation.ts';
import { say } from './store.ts';

/** Everything that a provisioner reads of the tags and targets of a talk. */
function readings(names: Names): HubCall[] {
  const calls: HubCall[] = [];
  for (let tag = 0; tag < TAGS; tag++) {
    const params = [names.tag(tag)];
    for (const method of ['getTag', 'getInheritanceData', 'getTagExternalRepos', 'getBuildConfig'])
      calls.push({ method, params });
    calls.push({ method: 'getFullInheritance', params });
    calls.push({ method: 'getTag', params: [...params, keywords({ blocked: true })] });
    calls.push({ method: 'getTagGroups', params: [...params, keywords({ inherit: false })] });
    calls.push({ method: 'getTagGroups', params: [...params, keywords({ incl_blocked: true })] });
    calls.push({ method: 'listPackages', params });
    calls.push({ method: 'listPackages', params: [...params, keywords({ inherited: true })] });
    for (let one = 0; one < 3; one++)
      calls.push({ method: 'checkTagPackage', params: [...params, names.package(one)] });
  }
  for (let target = 0; target < 3; target++)
    calls.push({ method: 'getBuildTarget', params: [names.target(target)] });
  return calls;
}

/** What a hub answered to each call, and all that can be read after each. */
export async function talk(
  hub: Hub,
  names: Names,
  said: readonly Said[],
): Promise<readonly unknown[]> {
  const heard: unknown[] = [];
  const ids = new Map<string, number>();
  for (const one of said) {
    const wanted = one(names, (tag) => ids.get(names.tag(tag)) ?? 999_999_999);
    const outcome = await hub.writeAll([wanted]);
    if (outcome.kind !== 'answered') throw new Error('An answer is lost.');
    const reads = readings(names);
    const answers = await hub.readAll(reads);
    answers.forEach((answer, at) => {
      const value = 'value' in answer ? answer.value : null;
      if (reads[at]?.method === 'getTag' && isStruct(value))
        ids.set(say(value.name), Number(value.id));
    });
    heard.push({
      said: `${wanted.method} ${names.plain(JSON.stringify(wanted.params.map((value) => lasting(value, 'said', names))))}`,
      heard: outcome.answers.map((answer) => shown(answer, names, wanted.method)),
      state: answers.map((answer, at) => [
        `${reads[at]?.method} ${names.plain(say(reads[at]?.params[0]))}`,
        shown(answer, names, ''),
      ]),
    });
  }
  return heard;
}

function shown(answer: CallAnswer, names: Names, method: string): unknown {
  if ('value' in answer) {
    const { value } = answer;
    return method === 'createTag' ? typeof value : lasting(value, '', names);
  }
  const { code, words } = answer.fault;
  const plain = names.plain(words).replace(/\b\d+\b/g, '#');
  // Of several, Python names any.
  return [code, plain.replace(/(add\/update and remove tag-extra: ).*/, '$1…')];
}

/** A value without numbers that two hubs do not share. */
function lasting(value: XmlRpcValue, name: string, names: Names): unknown {
  if (isArray(value)) {
    const all = value.map((one) => lasting(one, name, names));
    // Of packages and groups the database gives any order.
    const hasNoOrder = value.some(
      (one) => isStruct(one) && ('package' in one || 'group_id' in one || 'package_id' in one),
    );
    return hasNoOrder
      ? all.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : all;
  }
  if (isStruct(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, lasting(one, key, names)]),
    );
  if (/(^|_)(id|parent|tag|event)$/.test(name) && typeof value === 'number') return 'number';
  return typeof value === 'string' ? names.plain(value) : value;
}
