import { beforeEach, describe, expect, it } from 'vitest';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import type { XmlRpcValue } from '../../server/koji/xmlrpc-value.ts';
import { HubState } from '../support/koji-hub/state.ts';

let state: HubState;
const ask = (method: string, ...params: XmlRpcValue[]): XmlRpcValue =>
  state.as('distgit', method, ...params);

beforeEach(() => {
  state = new HubState();
  state.addUser('kojiadmin', ['admin']);
  for (const name of ['distgit', 'bob']) state.addUser(name, ['tag', 'target']);
  for (const name of ['parent', 'child']) ask('createTag', name);
  ask('setInheritanceData', 'child', [link(1, 0)]);
});

const link = (parent_id: number, priority: number) => ({
  parent_id,
  priority,
  maxdepth: null,
  intransitive: false,
  noconfig: false,
  pkg_filter: '',
});

/** What was seen at a real hub, and is in no recorded exchange. */
describe('the hub to test against', () => {
  it('gives a tag that is made again its old number, and nothing of what it had', () => {
    ask('packageListAdd', 'child', 'p', 'bob');
    expect(ask('deleteTag', 'child')).toBeNull();
    expect(ask('getTag', 'child')).toBeNull();
    expect(ask('getInheritanceData', 'child')).toEqual([]);
    expect(ask('createTag', 'child')).toBe(2);
    expect(ask('listPackages', 'child')).toEqual([]);
  });

  it('lets a deleted target live again by an edit', () => {
    ask('createBuildTarget', 't', 'child', 'parent');
    ask('deleteBuildTarget', 't');
    expect(ask('deleteBuildTarget', 't')).toBeNull();
    expect(ask('getBuildTarget', 't')).toBeNull();
    expect(ask('editBuildTarget', 't', 't', 'child', 'parent')).toBeNull();
    expect(ask('getBuildTarget', 't')).toMatchObject({ id: 1, dest_tag_name: 'parent' });
    expect(ask('getBuildTarget', '')).toMatchObject({ id: 1 });
  });

  it('changes the owner of a package without a word', () => {
    ask('packageListAdd', 'parent', 'p', 'bob');
    expect(ask('packageListAdd', 'parent', 'p', 'distgit')).toBeNull();
    expect(ask('listPackages', 'parent')).toMatchObject([{ owner_name: 'distgit' }]);
  });

  it('does not list in a child what is inherited already', () => {
    ask('packageListAdd', 'parent', 'p', 'bob');
    expect(ask('packageListAdd', 'child', 'p', 'bob')).toBeNull();
    expect(ask('listPackages', 'child')).toEqual([]);
    expect(ask('checkTagPackage', 'child', 'p')).toBe(true);
  });

  it('unblocks by unblocking only', () => {
    ask('packageListAdd', 'parent', 'p', 'bob');
    expect(() => ask('packageListUnblock', 'parent', 'p')).toThrow('NOT blocked');
    ask('packageListBlock', 'parent', 'p');
    expect(ask('checkTagPackage', 'parent', 'p')).toBe(false);
    ask('packageListUnblock', 'parent', 'p');
    expect(ask('checkTagPackage', 'parent', 'p')).toBe(true);
  });

  it('joins links, and removes one or all that are not given', () => {
    ask('createTag', 'other');
    ask('setInheritanceData', 'child', [link(3, 5)]);
    const parents = () => ask('getInheritanceData', 'child');
    expect(parents()).toMatchObject([{ name: 'parent' }, { name: 'other' }]);
    ask('setInheritanceData', 'child', [{ parent_id: 1, 'delete link': true }]);
    expect(parents()).toMatchObject([{ name: 'other' }]);
    ask('setInheritanceData', 'child', [link(1, 0)], true);
    expect(parents()).toMatchObject([{ name: 'parent' }]);
  });

  it('takes loops, and follows them once', () => {
    ask('setInheritanceData', 'parent', [link(2, 0)]);
    expect(ask('getFullInheritance', 'child')).toMatchObject([{ name: 'parent', currdepth: 1 }]);
  });

  it('joins the extra of a tag, and is deaf to words that it does not know', () => {
    ask('editTag2', 'child', keywords({ extra: { a: 1, b: 2 }, archs: 'x86_64' }));
    ask('editTag2', 'child', keywords({ extra: { b: 3 }, arches: 'x86_64', remove_extra: ['a'] }));
    expect(ask('getTag', 'child')).toMatchObject({ arches: 'x86_64', extra: { b: 3 } });
    const absent = keywords({ remove_extra: ['n'] });
    expect(() => ask('editTag2', 'child', absent)).toThrow("Tag: child doesn't have extra: n");
  });

  it('shows the groups of parents unless it is told not to', () => {
    ask('groupListAdd', 'parent', 'build');
    ask('groupPackageListAdd', 'child', 'build', 'bash');
    expect(ask('getTagGroups', 'child')).toMatchObject([{ packagelist: [{ package: 'bash' }] }]);
    expect(ask('getTagGroups', 'child', null, false)).toEqual([]);
  });

  it('makes no new history of what is there already', () => {
    const events = state.store.lastEvent;
    ask('setInheritanceData', 'child', [link(1, 0)]);
    ask('editTag2', 'child', keywords({ arches: '' }));
    expect(state.store.lastEvent).toBe(events);
  });

  it('keeps external repos apart by name and by priority', () => {
    state.addExternalRepo('os', 'http://example.org/os');
    ask('addExternalRepoToTag', 'child', 'os', 10);
    expect(ask('editTagExternalRepo', 'child', 'os', 10)).toBe(false);
    expect(ask('editTagExternalRepo', 'child', 'os', 20)).toBe(true);
    expect(ask('getTagExternalRepos', 'child')).toMatchObject([{ priority: 20 }]);
    expect(ask('removeExternalRepoFromTag', 'child', 'os')).toBeNull();
    expect(() => ask('removeExternalRepoFromTag', 'child', 'os')).toThrow('not associated');
  });

  it('needs the permission of the kind: admin has all, and is not told to have them', () => {
    expect(() => ask('createExternalRepo', 'x', 'http://example.org')).toThrow('admin permission');
    expect(state.as('kojiadmin', 'createTag', 'x')).toBe(3);
    expect(state.as('kojiadmin', 'hasPerm', 'tag')).toBe(false);
    expect(state.as('kojiadmin', 'revokePermission', 'distgit', 'tag')).toBeNull();
    expect(() => ask('createTag', 'y')).toThrow('tag permission required (logged in as distgit)');
  });
});
