import type { Kind } from '../../apimachinery/kind.ts';
import { deployment } from './deployment.ts';
import { replicaSet } from './replica-set.ts';
import { statefulSet } from './stateful-set.ts';
import { daemonSet } from './daemon-set.ts';
import { controllerRevision } from './controller-revision.ts';

/** The kinds of apps, version v1. */
export const appsV1: readonly Kind[] = [deployment, replicaSet, statefulSet, daemonSet, controllerRevision];
