export { CachedStorage, type CachedStorageOptions, type IndexDeclaration } from './cached-storage.ts';
