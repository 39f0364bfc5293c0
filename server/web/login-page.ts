import { html } from './html.ts';
import { csrfField, type Page, type Site } from './layout.ts';
import { field } from './parts.ts';
import { PATHS } from './paths.ts';

export interface LoginForm {
  readonly csrf: string;
  /** The page to go to afterwards. */
  readonly next: string;
  /** What was given before, and why it did not do. */
  readonly user: string;
  readonly problem: { readonly message: string; readonly remedy: string | null } | null;
}

export function loginPage({ base }: Site, { csrf, next, user, problem }: LoginForm): Page {
  return {
    title: 'Log in',
    main: html`${
      problem === null
        ? null
        : html`<div class="box error" role="alert"><p>${problem.message}</p>${problem.remedy === null ? null : html`<p>${problem.remedy}</p>`}</div>`
    }
<form class="fields" method="post" action="${base}${PATHS.login}">
${csrfField(csrf)}<input type="hidden" name="next" value="${next}">
${field('user', 'User name', null, html`type="text" value="${user}" required autocomplete="username" autocapitalize="none" spellcheck="false"`)}
${field('password', 'Password', 'A local account logs in with one of its tokens.', html`type="password" required autocomplete="current-password"`)}
<button>Log in</button>
</form>
<p>Reading needs no account.</p>`,
  };
}
