// The contact sheet as a component of its own.

const sheets = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const sheet = sheets.get(parentElement) ?? new Sheet(parentElement)
  sheets.set(parentElement, sheet)
  sheet.tell = data.reports ? later(selection => setStateValue("selection", selection)) : () => {}
  sheet.show(data)
  return () => {
    sheet.close()
    sheets.delete(parentElement)
  }
}
