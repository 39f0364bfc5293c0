import { readFileSync } from 'node:fs';
import { fail } from '../../core/api/distgit-error.ts';
import type { Config } from '../config.ts';
import { ApiClient, type TlsOptions } from './api-client.ts';

/**
 * A client of a server with what is configured for it: a token, else a certificate.
 * @param token over what is configured
 * @throws DistGitError `usage` where a file can not be read
 */
export function openApi(config: Config, url: string, token = config.tokenFor(url)): ApiClient {
  const { certificate, ca } = config.tlsFor(url);
  const mine = certificate === null || token !== null ? null : read(certificate);
  const tls: TlsOptions = {
    // One file has both, as curl takes it.
    ...(mine === null ? {} : { cert: mine, key: mine }),
    ...(ca === null ? {} : { ca: read(ca) }),
  };
  return new ApiClient(url, token, tls);
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return fail('usage', `${file} can not be read.`, 'Look at its owner and mode.');
  }
}
