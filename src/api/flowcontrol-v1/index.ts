import type { Kind } from '../../apimachinery/kind.ts';
import { flowSchema } from './flow-schema.ts';
import { priorityLevelConfiguration } from './priority-level-configuration.ts';

/** The kinds of flowcontrol.apiserver.k8s.io, version v1. */
export const flowcontrolV1: readonly Kind[] = [flowSchema, priorityLevelConfiguration];
