export default function Platforms() {
  return <h1>The dashboard's own platforms</h1>;
}
