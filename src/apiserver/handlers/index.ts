import { handleCreate } from './create.ts';
import { handleDeleteCollection } from './delete-collection.ts';
import { handleDelete } from './delete.ts';
import { handleGet } from './get.ts';
import { handleList } from './list.ts';
import { handlePatch } from './patch.ts';
import type { VerbHandler } from './services.ts';
import { handleUpdate } from './update.ts';
import { handleWatch } from './watch.ts';

/** What answers each verb. */
export const verbHandlers: Readonly<Record<string, VerbHandler>> = {
  create: handleCreate,
  get: handleGet,
  list: handleList,
  watch: handleWatch,
  update: handleUpdate,
  patch: handlePatch,
  delete: handleDelete,
  deletecollection: handleDeleteCollection,
};
