//! Title, dates, numbers and body of real pages.

use menhu::extract::{Extracted, PageInput, page};

use super::{characters, data, f1, file, labels, squeeze, text};

fn read(bytes: &[u8], url: &str) -> Extracted {
    page(&PageInput { bytes, url, content_type: None, pinned_charset: None })
}

#[test]
fn government_pages() {
    let Some(folder) = data("gov-html/articles") else { return };
    let (
        mut total,
        mut title,
        mut date,
        mut dated,
        mut number,
        mut numbered,
        mut agency,
        mut agencies,
        mut index,
        mut indexed,
    ) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    let (mut written, mut scores) = (0, Vec::new());
    for label in labels(&folder, "labels.json").as_array().unwrap() {
        let name = text(label, "file").unwrap();
        let got = read(&file(&folder.join(name)), text(label, "url").unwrap_or(""));
        let check = |key: &str, got: Option<String>, right: &mut i32, of: &mut i32| {
            let Some(wanted) = text(label, key) else { return };
            *of += 1;
            let got = got.unwrap_or_default();
            if squeeze(wanted) == squeeze(&got) {
                *right += 1
            } else {
                println!("{name} {key}: wanted {wanted}, got {got}")
            }
        };
        check("title", Some(got.title.clone()), &mut title, &mut total);
        check("pub_date", got.published.map(|when| when.date().to_string()), &mut date, &mut dated);
        check("doc_number", got.document_number.clone(), &mut number, &mut numbered);
        check("agency", got.origin.clone(), &mut agency, &mut agencies);
        check("index_number", got.index_number.clone(), &mut index, &mut indexed);
        check("source", got.origin.clone(), &mut 0, &mut 0);
        written += i32::from(
            text(label, "written_date") == got.written.map(|date| date.to_string()).as_deref() && got.written.is_some(),
        );
        if let Some(body) = text(label, "body_text") {
            let score = f1(&characters(&got.text), &characters(body));
            if score < 0.97 {
                println!("{name} body {score:.3}");
            }
            scores.push(score);
        }
        assert!(got.unreadable.is_empty(), "{name}: {:?}", got.unreadable);
    }
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let worst = scores.iter().copied().fold(1.0, f64::min);
    println!(
        "gov-html: title {title}/{total}, date {date}/{dated}, written {written}/{numbered}, number {number}/{numbered}, agency {agency}/{agencies}, index {index}/{indexed}, body F1 mean {mean:.3} worst {worst:.3}"
    );
    assert_eq!((date, number, agency, index), (dated, numbered, agencies, indexed));
    assert!(title + 1 >= total && mean > 0.99 && worst > 0.95);
}

#[test]
fn news_pages() {
    let Some(folder) = data("article-extraction/zh-news") else { return };
    let (mut total, mut title, mut date, mut with, mut with_of, mut without, mut without_of) = (0, 0, 0, 0, 0, 0, 0);
    for label in labels(&folder, "labels.json").as_array().unwrap() {
        let name = text(label, "file").unwrap();
        let got = read(&file(&folder.join(name)), text(label, "url").unwrap_or(""));
        total += 1;
        let wanted = text(label, "title").unwrap_or("");
        if squeeze(wanted) == squeeze(&got.title) {
            title += 1
        } else {
            println!("{name} title: wanted {wanted}, got {}", got.title)
        }
        let got_date = got.published.map(|when| when.date().to_string()).unwrap_or_default();
        let wanted = text(label, "date").unwrap_or("");
        if wanted == got_date {
            date += 1
        } else {
            println!("{name} date: wanted {wanted}, got {got_date}")
        }
        let body = squeeze(&got.text);
        for snippet in label["body_with"].as_array().unwrap() {
            with_of += 1;
            if body.contains(&squeeze(snippet.as_str().unwrap())) {
                with += 1
            } else {
                println!("{name} lacks {snippet}")
            }
        }
        for snippet in label["body_without"].as_array().unwrap() {
            without_of += 1;
            if !body.contains(&squeeze(snippet.as_str().unwrap())) {
                without += 1
            } else {
                println!("{name} has {snippet}")
            }
        }
    }
    println!(
        "zh-news: title {title}/{total}, date {date}/{total}, kept {with}/{with_of}, dropped {without}/{without_of}"
    );
}

#[test]
fn english_pages() {
    let Some(folder) = data("article-extraction/aeb") else { return };
    let mut scores = Vec::new();
    for (id, label) in labels(&folder, "ground-truth.json").as_object().unwrap() {
        let got = read(&file(&folder.join("html").join(format!("{id}.html.gz"))), text(label, "url").unwrap_or(""));
        let words = |text: &str| {
            text.split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let score = f1(&words(&got.text), &words(text(label, "articleBody").unwrap()));
        if score < 0.7 {
            println!("{} {score:.3}", &id[..8]);
        }
        scores.push(score);
    }
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    println!("aeb: body F1 mean {mean:.3} over {}", scores.len());
    assert!(mean > 0.89);
}

#[test]
fn document_numbers() {
    let Some(folder) = data("gov-html/tables") else { return };
    let table = std::fs::read_to_string(folder.join("gov_documents.tsv")).unwrap();
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let Some(column) = header.iter().position(|name| name.contains("number")) else { return };
    let (mut total, mut right) = (0, 0);
    for line in lines {
        let Some(raw) = line.split('\t').nth(column).filter(|raw| !raw.trim().is_empty()) else { continue };
        total += 1;
        match menhu::extract::normalise_document_number(raw) {
            Some(_) => right += 1,
            None if (total - right) % 60 == 0 => println!("no number: {raw}"),
            None => {}
        }
    }
    println!("document numbers: {right}/{total}");
    assert!(right * 1000 >= total * 985);
}
