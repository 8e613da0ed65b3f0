export { restoreBackup, type Restored } from './backup.js';
export { downloadBackup } from './download-backup.js';
export { createToken, readTokens, revokeToken, tokensPath } from './access/tokens.js';
export { createLineageClient, type LineageClient } from './lineage-client.js';
export { keyFingerprint } from './audit/checkpoint.js';
export { makeSigningKey, parseSigningKey } from './audit/signing-key.js';
export { startLineageOwner, type LineageOwner, type LineageOwnerOptions } from './lineage-owner.js';
export { stepSpecifications } from './step-specifications.js';
export { openLineageStore, type LineageStore } from './lineage-store.js';
