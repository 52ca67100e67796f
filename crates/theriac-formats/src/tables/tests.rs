//! Mapping files with their tables, read as a user would have them read.

use std::fs;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, GzipLevel, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, ListArray, NullArray, RecordBatch,
    StringArray,
};
use arrow::datatypes::{Int32Type, Int64Type};
use proptest::prelude::*;
use tempfile::TempDir;
use theriac_graph::AttributeValues;

use super::*;

const GUIDE: &str = include_str!("../../../../docs/tables.md");

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// An edge table from drugs to diseases, with more lines in the mapping.
fn treats(file: &str, more: &str) -> String {
    format!(
        "[[edges]]\nfile = \"{file}\"\nrelation = \"treats\"\nsource = {{ type = \"drug\", id = \"d\" }}\n\
         target = {{ type = \"disease\", id = \"x\" }}\n{more}\n"
    )
}

/// The graph of one table `t` of this content.
fn read(more: &str, table: &[u8]) -> Result<Graph, FormatError> {
    let folder = folder(&[("m.toml", treats("t", more).as_bytes()), ("t", table)]);
    Tables.read(&Input::open(&folder.path().join("m.toml"))?)
}

/// The message for one table `t` of this content, without the folder.
fn message(more: &str, table: &[u8]) -> String {
    let folder = folder(&[("m.toml", treats("t", more).as_bytes()), ("t", table)]);
    let error = Tables.read(&Input::open(&folder.path().join("m.toml")).unwrap()).unwrap_err().to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

fn pairs(graph: &Graph) -> Vec<(&str, &str)> {
    let [drugs, diseases] = graph.node_tables() else { return Vec::new() };
    let forward = &graph.relations()[0].forward;
    forward
        .pairs()
        .map(|(d, x)| (drugs.ids[d as usize].as_str(), diseases.ids[x as usize].as_str()))
        .collect()
}

#[test]
fn every_form_of_a_table_gives_the_same() {
    let array: &[u8] = br#"[{"d":"a","x":5468,"w":0.5},{"w":2,"d":" b ","x":"y z"}]"#;
    for table in [
        b"d,x,w\na,5468,0.5\nb,y z,2\n" as &[u8],
        b"\xef\xbb\xbfw;x;d\r\n0.5;5468;\"a\"\r\n2;\"y z\";b\r\n",
        b"d\tx\tw\n\na\t5468\t0.5\n\nb\ty z\t2",
        array,
        b"{\"d\":\"a\",\"x\":5468.0,\"w\":\"0.5\"}\n\n{\"d\":\"b\",\"x\":\"y z\",\"w\":2}\n",
    ] {
        let graph = read("weight = \"w\"", table).unwrap();
        assert_eq!(pairs(&graph), [("a", "5468"), ("b", "y z")], "{}", String::from_utf8_lossy(table));
        assert_eq!(graph.relations()[0].forward.weights(), Some(&[0.5, 2.0][..]));
        assert_eq!(graph.provenance().decisions, [] as [&str; 0]);
        assert_eq!(graph.provenance().name, "m");
        assert_eq!(graph.provenance().sources.len(), 2);
    }
}

fn parquet_of(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> Vec<u8> {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn parquet_sample(compression: Compression) -> Vec<u8> {
    let drugs: DictionaryArray<Int32Type> = ["a", "b", "a"].into_iter().collect();
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([
        Some(vec![Some(1), None, Some(2)]),
        None,
        Some(vec![]),
    ]);
    parquet_of(
        vec![
            ("unread", Arc::new(NullArray::new(3))),
            ("x", Arc::new(Float64Array::from(vec![Some(5468.0), Some(1.5), Some(7.0)]))),
            ("sure", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
            ("d", Arc::new(drugs)),
            ("w", Arc::new(Int64Array::from(vec![1, 2, 3]))),
            ("pmids", Arc::new(lists)),
            ("note", Arc::new(StringArray::from(vec![Some("n"), None, Some("m")]))),
            ("gap", Arc::new(Float64Array::from(vec![Some(f64::NAN), None, Some(2.0)]))),
        ],
        compression,
    )
}

#[test]
fn parquet_columns_of_every_type_are_read() {
    let more =
        "weight = \"w\"\nattributes = [\"sure\", \"pmids\", \"note\", { column = \"gap\", number = true }]";
    let graph = read(more, &parquet_sample(Compression::UNCOMPRESSED)).unwrap();
    assert_eq!(pairs(&graph), [("a", "5468"), ("a", "7"), ("b", "1.5")]);
    let relation = &graph.relations()[0];
    assert_eq!(relation.forward.weights(), Some(&[1.0, 3.0, 2.0][..]));
    let texts: Vec<Vec<Option<String>>> =
        relation.attributes.iter().map(|a| (0..3).map(|edge| a.values.text(edge)).collect()).collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(texts[0], [text("true"), None, text("false")]);
    assert_eq!(texts[1], [text("1|2"), None, None]);
    assert_eq!(texts[2], [text("n"), text("m"), None]);
    assert!(matches!(relation.attributes[3].values, AttributeValues::Numbers(_)));
    assert_eq!(texts[3], [None, text("2"), None]);
    assert!(graph.provenance().decisions[0].ends_with("t: column unread not read"));
}

#[test]
fn parquet_is_read_in_every_compression_in_use() {
    let plain = read("", &parquet_sample(Compression::UNCOMPRESSED)).unwrap();
    for compression in [
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let graph = read("", &parquet_sample(compression)).unwrap();
        assert_eq!(graph.fingerprint(), plain.fingerprint(), "{compression}");
    }
}

#[test]
fn damaged_parquet_is_refused() {
    let whole = parquet_sample(Compression::UNCOMPRESSED);
    let cut = message("", &whole[..whole.len() / 2]);
    assert!(cut.starts_with("t is damaged or incomplete ("), "{cut}");
    assert_eq!(
        message("weight = \"v\"", &whole),
        "t:1: found the columns unread, x, sure, d, w, pmids, note, gap; expected a column 'v', the weight"
    );
}

#[test]
fn several_tables_make_one_graph() {
    let mapping = "name = 'Our clinic'\nlicense = 'internal'\nduplicates = 'merge'\n\
        [[nodes]]\nfile = 'drugs.tsv'\ntype = 'drug'\nid = 'db'\nprefix = 'drugbank'\nname = 'name'\n\
        synonyms = ['brands', 'also']\nxrefs = ['mesh', { column = 'chembl', prefix = 'chembl' }]\n\
        features = ['mass', 'logp']\nmissing_feature = 0\nseparator = ';'\n\
        [[edges]]\nfile = 'all.csv'\nheader = false\nrelation = { column = 2 }\n\
        source = { type = { column = 4 }, id = 1, prefix = 'drugbank' }\n\
        target = { type = 'disease', id = 3 }\nwhere = { 5 = ['yes', 1] }\n\
        [[edges]]\nfile = 'more.jsonl'\nrelation = 'treats'\nmissing = ['NA', '-']\nskip_incomplete = true\n\
        source = { type = 'drug', id = 'drug.id', prefix = 'drugbank', name = 'drug.name' }\n\
        target = { type = 'disease', id = 'x' }\nattributes = 'phase'\n";
    let folder = folder(&[
        ("theriac.toml", mapping.as_bytes()),
        ("other.toml", b"[[edges]]\n"),
        (
            "drugs.tsv",
            b"db\tname\tbrands\talso\tmesh\tchembl\tmass\tlogp\n\
            DB1\taspirin\tAspro; Disprin\tASA\tmesh:D1\t25;26\t180\t1.2\nDB2\tparacetamol\t\t\t\t\t151\t\n",
        ),
        ("all.csv", b"DB1,treats,fever,drug,yes\nDB2,causes,rash,drug,1\nDB3,treats,gout,drug,no\n"),
        (
            "more.jsonl",
            b"{\"drug\":{\"id\":\"DB1\",\"name\":\"Aspirin\"},\"x\":\"fever\",\"phase\":3}\n\
            {\"drug\":{\"id\":\"DB2\"},\"x\":\"NA\",\"y\":1}\n",
        ),
    ]);
    let input = Input::open(folder.path()).unwrap();
    assert!(Tables.detect(&input));
    let graph = Tables.read(&input).unwrap();
    let drugs = graph.node_type("drug").unwrap().1;
    assert_eq!(drugs.ids, ["drugbank:DB1", "drugbank:DB2"]);
    assert_eq!(drugs.names, ["aspirin", "paracetamol"]);
    assert_eq!(drugs.synonyms[0], ["Aspro", "Disprin", "ASA"]);
    assert_eq!(drugs.xrefs[0], ["mesh:D1", "chembl:25", "chembl:26"]);
    assert_eq!(drugs.features.as_ref().unwrap().values, [180.0, 1.2, 151.0, 0.0]);
    let relations: Vec<_> =
        graph.relations().iter().map(|r| (r.key.to_string(), r.len(), r.merged_duplicates)).collect();
    assert_eq!(relations, [("drug:treats:disease".into(), 1, 1), ("drug:causes:disease".into(), 1, 0)]);
    assert_eq!(graph.relations()[0].attributes[0].values.text(0).as_deref(), Some("3"));
    let provenance = graph.provenance();
    assert_eq!((provenance.name.as_str(), provenance.licence.as_deref()), ("Our clinic", Some("internal")));
    let decisions: Vec<String> =
        provenance.decisions.iter().map(|said| said.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(
        decisions,
        [
            "all.csv: 1 of 3 rows left out by 'where'",
            "more.jsonl: column y not read",
            "more.jsonl: 1 of 2 rows left out without an id, type or relation",
            "features of drug are, in this order, mass, logp; 1 value is given by missing_feature",
            "more.jsonl:1 'Aspirin'",
        ]
    );
}

#[test]
fn weights_that_are_missing_are_an_error_unless_the_mapping_says() {
    let table = b"d,x,w\na,y,2\nb,y,NA\n";
    let with = |more: &str| read(&format!("weight = \"w\"\nmissing = \"NA\"\n{more}"), table).unwrap();
    assert_eq!(
        message("weight = \"w\"\nmissing = \"NA\"", table),
        "t:3: found an empty weight; expected a number in every row, or missing_weight = \"skip\" or a number in the \
         mapping"
    );
    let skipped = with("missing_weight = \"skip\"");
    assert_eq!(skipped.relations()[0].len(), 1);
    assert!(skipped.provenance().decisions[0].ends_with("t: 1 of 2 rows left out without a weight"));
    let filled = with("missing_weight = 0.5");
    assert_eq!(filled.relations()[0].forward.weights(), Some(&[2.0, 0.5][..]));
    assert!(
        filled.provenance().decisions[0].ends_with("1 of 2 rows without a weight, which is taken as 0.5")
    );
}

#[test]
fn undirected_edges_stay_within_a_type() {
    let with = |types: &str| {
        let mapping = "[[edges]]\nfile = 't'\nrelation = 'interacts'\nundirected = true\n\
                       source = { type = { column = 's' }, id = 'a' }\ntarget = { type = 'drug', id = 'b' }\n";
        let table = format!("s,a,b\n{types},1,2\n");
        let folder = folder(&[("m.toml", mapping.as_bytes()), ("t", table.as_bytes())]);
        Tables.read(&Input::open(&folder.path().join("m.toml")).unwrap())
    };
    let graph = with("Drug").unwrap();
    assert!(graph.relations()[0].undirected);
    let error = with("gene").unwrap_err().to_string();
    assert!(
        error.ends_with(
            "t:2: found an undirected edge from gene to drug; expected undirected edges only within one node type"
        ),
        "{error}"
    );
}

#[test]
fn bad_tables_are_one_clear_sentence() {
    let source = "a column 'd', the id of the source";
    for (more, table, expected) in [
        ("", b"d,x\na,y,z\n" as &[u8], "t:2: found 3 cells; expected 2, as on line 1".to_owned()),
        ("", b"drug,x\na,y\n", format!("t:1: found the columns drug, x; expected {source}")),
        ("", b"x\ny\n", format!("t:1: found the column x alone; expected {source}")),
        ("", b"", "t holds no rows; expected at least one".into()),
        ("", b"\n \n", "t holds no rows; expected at least one".into()),
        ("", b"d,x\r\n", "t holds no rows; expected at least one".into()),
        (
            "",
            b"d,x,d\na,y,b\n",
            "t:1: found the column 'd' twice (columns 1 and 3); expected it once, or the number of the id of the source"
                .into(),
        ),
        (
            "",
            b"d,x\n\"a\nb\",y\n,y\n",
            "t:4: found an empty source; expected one in every row, or skip_incomplete = true in the mapping".into(),
        ),
        ("", b"d,x\na,y\na,y\n", "t:3: edge a -> y of drug:treats:disease occurs a second time (first on line 2); \
            expected each edge once".into()),
        ("weight = 2", b"d,x\na,y\n", "t:2: found 'y'; expected a finite number, the weight".into()),
        ("weight = 2", b"d,x\na,inf\n", "t:2: found 'inf'; expected a finite number, the weight".into()),
        (
            "attributes = { column = \"x\", number = true }",
            b"d,x\na,y\n",
            "t:2: found 'y'; expected a finite number, an attribute".into(),
        ),
        ("weight = 3", b"d,x\na,y\n", "t:1: found 2 columns; expected a column 3, the weight".into()),
        ("where = { x = \"z\" }", b"d,x\na,y\n", "t holds no rows that the mapping takes; expected at least one".into()),
        ("header = false", b"d,x\n", "t:1: found a table without header; expected the number of the column 'd', the id \
            of the source".into()),
        ("", b"\xff\xfed\0", "t:1: found UTF-16 text; expected UTF-8 text".into()),
        ("", b"[{\"d\":1}]", "t:1: found an object with the keys d; expected a key 'x', the id of the target".into()),
        (
            "",
            b"{\"d\":1,\"x\":{\"y\":1}}",
            "t:1: found an object in 'x'; expected text, a number, true, false, null or a list".into(),
        ),
        (
            "",
            b"{\"d\":1,\"x\":2}\n[3]\n",
            "t:2: found [3] (invalid type: sequence, expected a map); expected an object: an array of them, or one a line"
                .into(),
        ),
        (
            "attributes = \"phase\"",
            b"{\"d\":1,\"x\":2}\n",
            "t:1: found the columns d, x; expected a column 'phase', which the mapping names".into(),
        ),
        ("", b"\x1f\x8b\x08\x00", "t is damaged or incomplete (it ends early); expected a whole file".into()),
    ] {
        assert_eq!(message(more, table), expected);
    }
}

#[test]
fn text_that_is_not_utf8_is_read_as_latin1_and_said() {
    for table in [&b"d,x\na,M\xe9ni\xe8re\n"[..], b"{\"d\":\"a\",\"x\":\"M\xe9ni\xe8re\"}\n"] {
        let graph = read("", table).unwrap();
        assert_eq!(pairs(&graph), [("a", "Ménière")]);
        assert!(graph.provenance().decisions[0].contains(" 1 line not UTF-8, read as Latin-1"));
    }
}

#[test]
fn tables_lie_where_the_mapping_says() {
    let folder = folder(&[("e.csv", b"d,x\na,y\n"), ("m.toml", b"")]);
    let mut archive = zip::ZipWriter::new(fs::File::create(folder.path().join("z.zip")).unwrap());
    archive.start_file("in/e.csv", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut archive, b"d,x\na,y\nb,y\n").unwrap();
    archive.finish().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let read = |file: &str| {
        let mapping = folder.path().join("sub/m.toml");
        fs::write(&mapping, treats(file, "")).unwrap();
        let read = Tables.read(&Input::open(&mapping).unwrap());
        read.map(|graph| graph.relations()[0].len())
            .map_err(|error| error.to_string().replace(&folder.path().display().to_string(), "~"))
    };
    assert_eq!(read("../e.csv"), Ok(1));
    assert_eq!(read(&folder.path().join("e.csv").display().to_string()), Ok(1));
    assert_eq!(read("../z.zip"), Ok(2));
    assert_eq!(read("../z.zip/in/e.csv"), Ok(2));
    let expected = "expected the path of a table, from the folder of the mapping file";
    assert_eq!(read("f.csv"), Err(format!("~/sub/m.toml:2: found no file ~/sub/f.csv; {expected}")));
    assert_eq!(
        read("../z.zip/f.csv"),
        Err(format!("~/sub/m.toml:2: found no file ~/sub/../z.zip/f.csv; {expected}"))
    );
    assert_eq!(
        read(".."),
        Err("~/sub/m.toml:2: found the folder ~/sub/..; expected the path of a table".into())
    );
}

#[test]
fn a_folder_with_several_mappings_says_which() {
    let folder =
        folder(&[("a.toml", b"[[edges]]"), ("b.TOML", b"  [[ edges ]] # x\n"), ("c.toml", b"[edges]")]);
    let input = Input::open(folder.path()).unwrap();
    assert!(Tables.detect(&input));
    let message = Tables.read(&input).unwrap_err().to_string();
    let expected = "is refused: it holds the mapping files a.toml, b.TOML; expected one of them, or one of the name \
                    theriac.toml";
    assert!(message.ends_with(expected), "{message}");
    assert!(!Tables.detect(&Input::from_bytes("x.toml", b"# [[edges]]\n[edges]\n".to_vec())));
}

/// The files of the guide: a fenced block under a line that is its name in backticks.
fn guide_files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut name = None;
    let mut lines = GUIDE.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            files.push((name.take().unwrap_or_default(), text.join("\n") + "\n"));
        } else if !line.is_empty() {
            name = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:")).map(str::to_owned);
        }
    }
    files
}

#[test]
fn every_example_of_the_guide_is_read() {
    let files = guide_files();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files.iter().filter(|(name, _)| !name.is_empty()) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut read = Vec::new();
    for (name, text) in files.iter().filter(|(_, text)| is_mapping(text.as_bytes())) {
        let mapping = Mapping::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
        assert!(!name.is_empty(), "a mapping without a name: {text}");
        // The table of repoDB is too long for a guide.
        if mapping.edges.iter().all(|edges| folder.path().join(edges.file.get_ref()).exists()) {
            let input = Input::open(&folder.path().join(name)).unwrap();
            assert!(Tables.detect(&input), "{name}");
            let graph = Tables.read(&input).unwrap_or_else(|error| panic!("{name}: {error}"));
            read.push((name.as_str(), graph.relations().len()));
        }
    }
    let expected = [
        ("minimal.toml", 1),
        ("symptoms.toml", 1),
        ("processes.toml", 1),
        ("parameters.toml", 1),
        ("proteins.toml", 2),
        ("drugs.toml", 2),
        ("clinic.toml", 4),
    ];
    assert_eq!(read, expected);
}

proptest! {
    #[test]
    fn no_mapping_makes_the_reader_panic(
        lines in prop::collection::vec(
            prop::sample::select(&[
                "[[edges]]", "[[nodes]]", "file = \"t\"", "relation = \"r\"", "relation = { column = 1 }", "x = 1",
                "source = { type = \"a\", id = 1 }", "target = { type = \"b\", id = \"x\" }", "weight = 2",
                "type = \"a\"", "id = 1", "features = [2]", "header = false", "delimiter = \"é\"", "where = { 1 = [] }",
                "missing_weight = 1e40", "attributes = [{ column = 1, name = \"\" }]", "[", "= \u{0}",
            ][..]),
            0..12,
        ),
    ) {
        let _ = Mapping::parse("m.toml", &lines.join("\n"));
    }

    #[test]
    fn no_table_makes_the_reader_panic(text in "[dx1,;\t\"\n{}:\\[\\] é]{0,60}") {
        let _ = read("weight = 1\nmissing_weight = 1\nskip_incomplete = true", text.as_bytes());
        let _ = read("", format!("d,x\n{text}").as_bytes());
        let _ = read("", format!("{{\"d\":1,\"x\":{text}}}").as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_changed_parquet_makes_the_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = parquet_sample(Compression::SNAPPY);
        for (place, byte) in changes {
            *place.get_mut(&mut bytes) = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read("attributes = [\"sure\", \"pmids\", \"note\", \"gap\"]", &bytes);
    }
}
