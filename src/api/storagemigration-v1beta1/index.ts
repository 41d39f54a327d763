import type { Kind } from '../../apimachinery/kind.ts';
import { storageVersionMigration } from './storage-version-migration.ts';

/** The kinds of storagemigration.k8s.io, version v1beta1. */
export const storagemigrationV1beta1: readonly Kind[] = [storageVersionMigration];
