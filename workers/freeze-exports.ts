/** The part of webpack’s loader context that is used here. */
interface Loader {
  callback(error: null, code: string, map: unknown): void;
}

/**
 * A loader of the bundler, for modules that all workflows of a thread share. The SDK freezes what is shared all through, which
 * zod’s schemas do not bear: they keep what they derive from themselves on first use. Exports that are frozen already are left
 * at that.
 */
module.exports = function freezeExports(this: Loader, code: string, map: unknown): void {
  this.callback(null, `${code}\nObject.freeze(module.exports);`, map);
};
