import { expect, it } from 'vitest';
import { keywords } from '../../server/koji/xmlrpc-encode.ts';
import { HubState } from '../support/koji-hub/state.ts';
import { Context, type HubFault } from '../support/koji-hub/store.ts';
import { takeUpload } from '../support/koji-hub/uploads.ts';

const FOLDER = 'cli-build/1.a';
const AT = `/mnt/koji/work/${FOLDER}/x`;
const SHA256 = {
  abc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  def: 'cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34',
  abcdef: 'bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721',
  '': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};
const X = { filename: 'x', filepath: FOLDER, fileverify: 'sha256' };
const took = (size: number, offset: number, fileverify: string, hexdigest: string) => ({
  size,
  fileverify,
  offset,
  hexdigest,
});

/** What `handle_upload` and `checkUpload` of Koji 1.35 answered when they were run one by one. */
it('takes uploads, and refuses them, as the code of Koji does', () => {
  const state = new HubState();
  for (const name of ['distgit', 'joe']) state.addUser(name);
  const heard: unknown[] = [];
  const up = (body: string, query: Record<string, string>, user = 'distgit'): void => {
    const who = state.store.one('users', { name: user }) ?? null;
    const context = new Context(state.store, who, null);
    try {
      heard.push(takeUpload(context, new URLSearchParams(query), Buffer.from(body)));
    } catch (error) {
      heard.push((error as HubFault).message);
    }
  };
  const check = (name: string, options: Record<string, string> = {}): void => {
    const found = state.as('joe', 'checkUpload', FOLDER, name, keywords(options));
    heard.push(found === null ? null : { ...(found as object), mtime: 0 });
  };
  up('abc', { ...X, offset: '0' });
  up('abc', { ...X, offset: '0' });
  up('def', { ...X, offset: '3' });
  up('def', { ...X, offset: '3' });
  up('de', { ...X, offset: '3' });
  check('x');
  check('x', { verify: 'sha256' });
  up('q', { ...X, fileverify: 'adler32', offset: '-1' });
  up('', { ...X, offset: '0', overwrite: '1' });
  check('x');
  up('zz', { ...X, fileverify: 'md5', offset: '4' });
  check('x', { verify: 'adler32' });
  up('zz', { filename: 'x', filepath: FOLDER, offset: '9' });
  up('zz', { ...X, fileverify: 'sha1', offset: '9' });
  up('zz', { ...X, filename: '../x' });
  up('zz', { ...X, filename: '.user' });
  up('zz', { ...X, filepath: '../..' });
  up('zz', { ...X, filename: 'y' }, 'joe');
  up('zz', { filepath: FOLDER, fileverify: 'sha256' });
  check('nothing');
  expect(heard).toEqual([
    took(3, 0, 'sha256', SHA256.abc),
    `upload path exists: ${AT}`,
    took(3, 3, 'sha256', SHA256.def),
    took(3, 3, 'sha256', SHA256.def),
    `Incorrect upload length for ${AT} - Expected 5, actual 6`,
    { size: 6, mtime: 0 },
    { size: 6, mtime: 0, sumlength: 6, hexdigest: SHA256.abcdef },
    took(1, 6, 'adler32', '00720072'),
    took(0, 0, 'sha256', SHA256['']),
    { size: 0, mtime: 0 },
    took(2, 4, 'md5', '25ed1bcb423b0b7200f485fc5ff71c8e'),
    { size: 6, mtime: 0, sumlength: 6, hexdigest: '017400f5' },
    "<class 'TypeError'>: 'NoneType' object is not callable",
    'Unsupported verify type: sha1',
    'Invalid upload filename: ../x',
    'Invalid upload filename: .user',
    'Invalid upload directory: ../..',
    `Invalid upload directory, not owner: ${FOLDER}`,
    "<class 'KeyError'>: 'filename'",
    null,
  ]);
});
