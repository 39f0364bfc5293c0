import type { Principal } from '../../core/access/principal.ts';
import { type Html, html } from './html.ts';
import { PATHS } from './paths.ts';
import { STYLE_PATH } from './style-sheet.ts';

/** The server as pages show it. */
export interface Site {
  /** How clients reach it, without a slash at the end. */
  readonly url: string;
  /** The path of that URL, which every link begins with: usually empty. */
  readonly base: string;
  readonly namespace: string;
  readonly version: string;
}

/** Who looks at a page. */
export interface Visitor {
  readonly principal: Principal;
  /** Goes into every form as `csrf`; null: there is no session, and no form. */
  readonly csrf: string | null;
}

export interface Page {
  readonly title: string;
  readonly main: Html;
}

/** A whole document. */
export function layout(site: Site, visitor: Visitor, { title, main }: Page): string {
  const { base } = site;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · SCL dist-git</title>
<link rel="stylesheet" href="${base}${STYLE_PATH}">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<nav aria-label="Site">
<a class="name" href="${base}${PATHS.home}">SCL dist-git</a>
<a href="${base}${PATHS.components}">Components</a>
<a href="${base}${PATHS.sigs}">SIGs</a>
</nav>
${whoIsHere(site, visitor)}
</header>
<main id="main">
<h1>${title}</h1>
${main}
</main>
<footer>
<p>SCL dist-git ${site.version} · <a href="${base}/openapi.json">API</a></p>
</footer>
</body>
</html>
`.toString();
}

function whoIsHere({ base }: Site, { principal, csrf }: Visitor): Html {
  if (principal.kind === 'anonymous')
    return html`<div class="who"><a href="${base}${PATHS.login}">Log in</a></div>`;
  return html`<div class="who">
<a href="${base}${PATHS.account}">${principal.name}</a>
<form method="post" action="${base}${PATHS.logout}">
${csrfField(csrf)}<button class="link">Log out</button>
</form>
</div>`;
}

export function csrfField(csrf: string | null): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">`;
}
