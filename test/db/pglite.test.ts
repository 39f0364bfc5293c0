import { openPglite } from '../../server/db/database.ts';
import { databaseContract } from '../contracts/database.ts';

databaseContract('PGlite', { open: () => openPglite(null) });
