import { unfitNode } from './node-version.ts';

// Imported before everything else, because other modules break while they are being loaded.
const why = unfitNode(process.versions.node);
if (why !== undefined) throw new Error(why);
