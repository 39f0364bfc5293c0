import { type Response, Router } from 'express';
import {
  CLIENT_FILES,
  discoveryDocument,
  distGitClientConfig,
  rpkgConfig,
  type ServerFacts,
} from '../../core/api/client-files.ts';

/** Configuration that clients need for this server, ready to be used; no login. */
export function clientRoutes(facts: () => ServerFacts): Router {
  const router = Router();
  const sendText = (res: Response, text: string): void => {
    res.set({ 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' });
    res.type('text/plain').send(text);
  };
  router.get(CLIENT_FILES.rpkg, (_req, res) => sendText(res, rpkgConfig('rpkg', facts())));
  router.get(CLIENT_FILES.centpkg, (_req, res) => sendText(res, rpkgConfig('centpkg', facts())));
  router.get(CLIENT_FILES.distGitClient, (_req, res) => {
    sendText(res, distGitClientConfig(facts()));
  });
  router.get(CLIENT_FILES.discovery, (_req, res) => {
    res.setHeader('Cache-Control', 'no-cache');
    res.json(discoveryDocument(facts()));
  });
  return router;
}
