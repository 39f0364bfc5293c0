import { z } from 'zod';

/** `[ssh]`: git over SSH, through an sshd beside the server. */
export const sshSettings = z.strictObject({
  url: z
    .string()
    .regex(/^ssh:\/\/(?:[\w.-]+@)?[\w.[\]:-]+\/?$/, 'is ssh://[USER@]HOST[:PORT] and no more')
    .transform((url) => url.replace(/\/$/, ''))
    .optional()
    .describe('what SSH URLs begin with, ssh://git@HOST; without it there is no SSH'),
});
