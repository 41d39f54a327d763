import type { Kind } from '../../apimachinery/kind.ts';
import { customResourceDefinition } from './custom-resource-definition.ts';

/** The kinds of apiextensions.k8s.io, version v1. */
export const apiextensionsV1: readonly Kind[] = [customResourceDefinition];
