export const isVerb = (_text: string): boolean => false
