/** Of a column of finite values only, so that NaN in it means that there is none. */
export const withNulls = (column: Float64Array) => Array.from(column, (value) => (Number.isNaN(value) ? null : value))
