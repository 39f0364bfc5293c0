import { DistGitError } from '../../core/api/distgit-error.ts';
import { type Brand, quoted } from '../../core/domain/text.ts';

/** An address that may stand in git's configuration, and in the name of a setting there. */
export type ServerAddress = Brand<'ServerAddress'>;

/** Nothing that git or a shell reads as more than text: above all `=`, which ends a setting's name. */
const HTTP = /^https?:\/\/[\w.:[\]-]+(?:\/[\w.:~+-]+)*$/;
/** The name of who logs in is part of it; a password never is. */
const SSH = /^ssh:\/\/(?:\w[\w.-]*@)?[\w.:[\]-]+(?:\/[\w.:~+-]+)*$/;

/**
 * An address of git over HTTP that a server gave.
 * @throws DistGitError `unavailable` where it is not one
 */
export function parseHttpAddress(text: string): ServerAddress {
  return parse(text, HTTP);
}

/**
 * An address of git over SSH that a server gave.
 * @throws DistGitError `unavailable` where it is not one
 */
export function parseSshAddress(text: string): ServerAddress {
  return parse(text, SSH);
}

function parse(text: string, form: RegExp): ServerAddress {
  if (form.test(text) && URL.canParse(text)) return text as ServerAddress;
  throw new DistGitError('unavailable', `The server's answer is not an address: ${quoted(text)}`, {
    detail: { remedy: 'Ask who runs it; git is given nothing of that kind.' },
  });
}
