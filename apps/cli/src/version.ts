/** The version of this build, put in by the bundler. */
declare const __BAILIWICK_VERSION__: string

export const version = __BAILIWICK_VERSION__
