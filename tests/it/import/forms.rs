//! The worked year in every form that spreadsheets save it in: all say the same.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

fn texts() -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(year())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "csv"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// A sheet as a person would have it: numbers as numbers, dates as date cells, keys as text.
fn fill(sheet: &mut rust_xlsxwriter::Worksheet, text: &str) {
    let (date, time) = (Format::new().set_num_format("yyyy/m/d"), Format::new().set_num_format("yyyy/m/d hh:mm"));
    for (row, line) in (0_u32..).zip(text.lines()) {
        for (column, cell) in (0_u16..).zip(line.split(',')) {
            if let Ok(number) = cell.parse::<f64>() {
                sheet.write(row, column, number).unwrap();
            } else if let (true, Ok(day)) =
                (cell.len() == 10 && cell.as_bytes()[7] == b'-', ExcelDateTime::parse_from_str(cell))
            {
                sheet.write_with_format(row, column, &day, &date).unwrap();
            } else if let (true, Ok(at)) = (cell.len() == 16, ExcelDateTime::parse_from_str(cell)) {
                sheet.write_with_format(row, column, &at, &time).unwrap();
            } else {
                sheet.write(row, column, cell).unwrap();
            }
        }
    }
}

journeys! {
    async fn every_form_of_a_file_says_the_same(app: &TestApp) {
        app.at("2025-02-01T09:00");
        good(app, from_path(&year()).unwrap()).await;
        let before = dump(app).await;

        let gb: Vec<_> = texts()
            .into_iter()
            .map(|(name, text)| Upload { name: format!("{name}.csv"), bytes: encoding_rs::GB18030.encode(&text).0.into_owned() })
            .collect();
        let bom: Vec<_> = texts()
            .into_iter()
            .map(|(name, text)| Upload { name: format!("{name}.csv"), bytes: format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes() })
            .collect();
        let mut workbook = Workbook::new();
        let mut single = Vec::new();
        for (name, text) in texts() {
            fill(workbook.add_worksheet().set_name(&name).unwrap(), &text);
            let mut alone = Workbook::new();
            fill(alone.add_worksheet(), &text);
            single.push(Upload { name: format!("{name}.xlsx"), bytes: alone.save_to_buffer().unwrap() });
        }
        let whole = vec![Upload { name: "台账.xlsx".to_owned(), bytes: workbook.save_to_buffer().unwrap() }];
        for (form, uploads) in [("GB18030", gb), ("BOM", bom), ("a workbook a file", single), ("one workbook", whole)] {
            let outcome = good(app, from_uploads(&uploads)).await;
            assert_eq!(sums(&outcome), (0, 0, 697), "{form}");
            assert_eq!(dump(app).await, before, "{form}");
        }
    }

    async fn columns_may_stand_in_any_order_and_numbers_keep_their_zeros(app: &TestApp) {
        good(app, start()).await;
        let text = "备注,active_to,title,staff_no,org_code,active_from,groups,name,email\n,,,00123,A-1,2024/3/1,b；a,干部新,NEW@Example.test\n,,,,,,,,\n";
        let outcome = good(app, only("people.csv", text)).await;
        assert_eq!(sums(&outcome), (1, 0, 0));
        assert_eq!((outcome.notes[0].reason, outcome.notes[0].value.as_str()), (Reason::UnknownColumn, "备注"));
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("People").unwrap();
        for (column, cell) in (0_u16..).zip(["staff_no", "active_from", "name", "email", "org_code", "title", "groups", "active_to"]) {
            sheet.write(0, column, cell).unwrap();
        }
        for (column, cell) in (0_u16..).zip(["00123", "2024-03-01", "干部新", "new@example.test", "A-1", "", "a;b", ""]) {
            sheet.write(1, column, cell).unwrap();
        }
        let upload = Upload { name: "任意.xlsx".to_owned(), bytes: book.save_to_buffer().unwrap() };
        assert_eq!(sums(&good(app, from_uploads(&[upload])).await), (0, 0, 1));
    }
}
