export default function Select() {
  return <h1>The dashboard's own selection</h1>;
}
