import type { XmlRpcValue } from '../../../server/koji/xmlrpc-value.ts';
import * as look from './lookups.ts';
import { type Methods, method } from './signature.ts';
import { type Context, generic, permissionsOf, pick, type Row, type Store, say } from './store.ts';

/** What a new hub has. */
const PERMISSIONS = [
  ['admin', 'Full administrator access. Perform all actions.'],
  ['appliance', 'Create appliance builds - deprecated.'],
  ['dist-repo', 'Create a dist-repo.'],
  ['host', 'Add, remove, enable, disable hosts and channels.'],
  ['image', 'Start image tasks.'],
  ['image-import', 'Import image archives.'],
  ['livecd', 'Start livecd tasks.'],
  ['maven-import', 'Import maven archives.'],
  ['repo', 'Manage repos: newRepo, repoExpire, repoDelete, repoProblem.'],
  ['sign', 'Import RPM signatures and write signed RPMs.'],
  ['tag', 'Manage packages in tags: add, block, remove, and clone tags.'],
  ['target', 'Add, edit, and remove targets.'],
  [
    'win-admin',
    'The default hub policy rule for "vm" requires this permission to trigger Windows builds.',
  ],
  ['win-import', 'Import win archives.'],
  [
    'draft-promoter',
    'The permission required in the default "draft_promotion" hub policy rule to promote draft build.',
  ],
] as const;

export function addPermissions(store: Store): void {
  for (const [name, description] of PERMISSIONS)
    store.insert('permissions', { id: store.nextId('permissions'), name, description });
}

/** @param usertype 0 a user, 1 a host */
export function addUser(store: Store, name: string, usertype = 0): Row {
  return store.insert('users', { id: store.nextId('users'), name, status: 0, usertype });
}

function grant(context: Context, a: Row): XmlRpcValue {
  context.needs('admin');
  const { store } = context;
  const user = look.getUser(context, a.userinfo);
  if (a.create === true && store.one('permissions', { name: a.permission ?? null }) === undefined)
    store.insert('permissions', {
      id: store.nextId('permissions'),
      name: a.permission ?? null,
      description: a.description ?? null,
    });
  const { id = null, name } = look.entry(context, 'permissions', a.permission);
  if (permissionsOf(store, user).includes(say(name)))
    throw generic(`user ${say(user.name)} already has permission: ${say(name)}`);
  context.add('user_perms', { user_id: user.id ?? null, perm_id: id });
  return null;
}

function revoke(context: Context, a: Row): XmlRpcValue {
  context.needs('admin');
  const user = look.getUser(context, a.userinfo);
  const perm = look.entry(context, 'permissions', a.permission);
  const row = context.store.current('user_perms', {
    user_id: user.id ?? null,
    perm_id: perm.id ?? null,
  });
  if (row === undefined)
    throw generic(`user ${say(user.name)} does not have permission: ${say(perm.name)}`);
  context.revoke(row);
  return null;
}

function create(context: Context, a: Row): XmlRpcValue {
  context.needs('admin');
  const name = say(a.username);
  if (!/^[A-Za-z0-9/_.@-]+$/.test(name))
    throw generic(`Name ${name} does not match RegexUserName value`);
  if (context.store.one('users', { name }) !== undefined)
    throw generic(`user already exists: ${name}`);
  return addUser(context.store, name).id ?? null;
}

export const USER_METHODS: Methods = {
  getAPIVersion: method('getAPIVersion()', () => 1),
  getKojiVersion: method('getKojiVersion()', () => '1.35.3'),
  getLoggedInUser: method('getLoggedInUser()', (context) => {
    const user = context.user && look.findUser(context, context.user.id);
    return user && { ...user, authtype: context.session?.authtype ?? null, krb_principal: null };
  }),
  getUser: method(
    'get_user(userInfo=None, strict=False, krb_princs=True, groups=False)',
    (context, a) => {
      const info = a.userInfo ?? context.user?.id ?? null;
      if (info === null) throw generic('No user provided');
      return a.strict === true ? look.getUser(context, info) : look.findUser(context, info);
    },
  ),
  listUsers: method(
    'list_users(userType=0, prefix=None, queryOpts=None, perm=None, inherited_perm=False)',
    (context, a) =>
      context.store
        .rows('users')
        .filter(
          ({ name, usertype }) =>
            usertype === a.userType && (a.prefix === null || say(name).startsWith(say(a.prefix))),
        )
        .map(({ id = null }) => look.findUser(context, id)),
  ),
  createUser: method('createUser(username, status=None, krb_principal=None)', create),
  getPerms: method('getPerms()', ({ store, user }) =>
    user === null ? [] : permissionsOf(store, user),
  ),
  getUserPerms: method('getUserPerms(userID=None)', (context, a) =>
    permissionsOf(context.store, look.getUser(context, a.userID)),
  ),
  hasPerm: method(
    'hasPerm(perm, strict=False)',
    ({ store, user }, a) => user !== null && permissionsOf(store, user).includes(say(a.perm)),
  ),
  getAllPerms: method('getAllPerms()', ({ store }) =>
    store.rows('permissions').map((one) => pick(one, 'description', 'id', 'name')),
  ),
  grantPermission: method(
    'grant_permission(userinfo, permission, create=False, description=None)',
    grant,
  ),
  revokePermission: method('revoke_permission(userinfo, permission)', revoke),
};
